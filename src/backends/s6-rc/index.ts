import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { profileData, profileFiles, render } from './render.js';
import { serviceNameProblem } from './service-name.js';
import { translate } from './translate.js';

/** s6-rc (https://skarnet.org/software/s6-rc/), from version 0.5.3 on, with s6 and execline. */
export const s6rc: Backend = {
  name: 's6-rc' as ManagerName,
  summary: 's6-rc: services in a dependency graph, supervised by s6; our own s6-svscan, or one that runs already',
  directFunction: [
    'createLongRunService',
    'createOneShotService',
    'createServiceBundle',
    'createLogServiceForLongRunService',
  ],
  nameProblem: serviceNameProblem,
  translate,
  render,
  profileFiles,
  profileData,
  supervisor: async (runtimeDir, signal, ports) =>
    (await import('./svscan.js')).superviseScanDirectory(runtimeDir, signal, ports),
  hearsNotifications: true,
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root, directories) => (await import('./read-layout.js')).readLayout(root, directories),
  differences: async (before, after, ports) => (await import('./differences.js')).differences(before, after, ports),
  activationParser: async (data) => {
    const { parseActivation, parseProfileData } = await import('./activation-data.js');
    parseProfileData(data);
    return parseActivation;
  },
  connect: async (context) => (await import('./connect.js')).connect(context),
};
