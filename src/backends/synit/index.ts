import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { facts } from './facts.js';
import { daemonNameProblem } from './daemon-name.js';
import { render } from './render.js';
import { translate } from './translate.js';

/** Synit (https://synit.org/book/): syndicate-server, configured by assertions in the files of a directory. */
export const synit: Backend = {
  name: 'synit' as ManagerName,
  summary: 'Synit: assertions in a directory that syndicate-server watches',
  directFunction: 'createSynitDaemon',
  nameProblem: daemonNameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData: () => ({}),
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root, directories) => (await import('./read-layout.js')).readLayout(root, directories),
  honoursTimeouts: facts.honoursTimeouts,
  activationParser: async () => (await import('./activation-data.js')).parseActivation,
  connect: async (context) => (await import('./connect.js')).connect(context),
};
