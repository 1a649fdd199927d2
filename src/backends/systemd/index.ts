import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { render } from './render.js';
import { translate } from './translate.js';
import { nameProblem } from './unit-name.js';

/** systemd, the system's (as root) or the user's own. */
export const systemd: Backend = {
  name: 'systemd' as ManagerName,
  summary: "systemd: units that start at boot; the system's, or your own with --user",
  directFunction: 'createSystemdService',
  nameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData: () => ({}),
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root) => (await import('./read-layout.js')).readLayout(root),
  differences: async (before, after) => (await import('./differences.js')).differences(before, after),
  hearsNotifications: true,
  leftovers: 'manager',
  init: async () => (await import('./machine-init.js')).machineInit,
  activationParser: async () => (await import('./activation-data.js')).parseActivation,
  connect: async (context) => (await import('./connect.js')).connect(context),
};
