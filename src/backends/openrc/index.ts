import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { facts } from './facts.js';
import { render } from './render.js';
import { serviceNameProblem } from './service-name.js';
import { translate } from './translate.js';

/** OpenRC (https://github.com/OpenRC/openrc): service scripts whose processes supervise-daemon watches over. */
export const openrc: Backend = {
  name: 'openrc' as ManagerName,
  summary: 'OpenRC: service scripts, supervised by supervise-daemon and started at boot; as root',
  directFunction: 'createOpenRCService',
  nameProblem: serviceNameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData: () => ({}),
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root, directories) => (await import('./read-layout.js')).readLayout(root, directories),
  honoursTimeouts: facts.honoursTimeouts,
  activationParser: async () => (await import('./activation-data.js')).parseActivation,
  init: async () => (await import('./machine-init.js')).machineInit,
  connect: async (context) => (await import('./connect.js')).connect(context),
};
