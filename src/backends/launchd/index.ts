import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { jobNameProblem } from './job-name.js';
import { render } from './render.js';
import { translate } from './translate.js';

/** launchd of macOS 10.11 and later: launchd.plist(5), launchctl(1). */
export const launchd: Backend = {
  name: 'launchd' as ManagerName,
  summary: "launchd of macOS: the system's daemons, or a user's own agents",
  directFunction: 'createLaunchdDaemon',
  nameProblem: jobNameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData: () => ({}),
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root) => (await import('./read-layout.js')).readLayout(root),
  activationParser: async () => (await import('./activation-data.js')).parseActivation,
  connect: async (context) => (await import('./connect.js')).connect(context),
};
