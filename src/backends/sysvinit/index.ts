import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { nameProblem } from '../shared/script-name.js';
import { facts } from './facts.js';
import { render } from './render.js';
import { translate } from './translate.js';

/** System V init: a script for each process, which starts and stops it. */
export const sysvinit: Backend = {
  name: 'sysvinit' as ManagerName,
  summary: 'System V init: LSB init scripts and runlevel links; needs no running manager',
  directFunction: 'createSystemVInitScript',
  nameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData: () => ({}),
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root, directories) => (await import('./read-layout.js')).readLayout(root, directories),
  differences: async (...units) => (await import('./differences.js')).differences(...units),
  honoursTimeouts: facts.honoursTimeouts,
  activationParser: async () => (await import('./activation-data.js')).parseActivation,
  connect: async (context) => (await import('./connect.js')).connect(context),
  init: async () => (await import('./machine-init.js')).machineInit,
  serviceScripts: async (profile, context) => (await import('./service-scripts.js')).serviceScripts(profile, context),
};
