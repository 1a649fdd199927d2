import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { render } from './render.js';
import { serviceNameProblem } from './service-name.js';
import { translate } from './translate.js';

/** cygrunsrv of Cygwin, which makes Windows services of POSIX programs (its README, `cygrunsrv --help`). */
export const cygrunsrv: Backend = {
  name: 'cygrunsrv' as ManagerName,
  summary: 'cygrunsrv of Cygwin: Windows services',
  directFunction: 'createCygrunsrvParams',
  nameProblem: serviceNameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData: () => ({}),
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root) => (await import('./read-layout.js')).readLayout(root),
  leftovers: 'nobody',
  activationParser: async () => (await import('./activation-data.js')).parseActivation,
  connect: async (context) => (await import('./connect.js')).connect(context),
};
