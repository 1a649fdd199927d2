import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { facts } from './facts.js';
import { profileData, render } from './render.js';
import { serviceNameProblem } from './service-name.js';
import { translate } from './translate.js';

/** runit (http://smarden.org/runit/): a service directory for each process, supervised by a runsvdir of the profile's own. */
export const runit: Backend = {
  name: 'runit' as ManagerName,
  summary: 'runit: service directories with loggers, supervised by a runsvdir of our own; as root or any user',
  directFunction: 'createRunitService',
  nameProblem: serviceNameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData,
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root) => (await import('./read-layout.js')).readLayout(root),
  honoursTimeouts: facts.honoursTimeouts,
  activationParser: async (data) => {
    const { parseActivation, parseProfileData } = await import('./activation-data.js');
    parseProfileData(data);
    return parseActivation;
  },
  init: async () => (await import('./machine-init.js')).machineInit,
  connect: async (context) => (await import('./connect.js')).connect(context),
};
