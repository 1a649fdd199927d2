import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { programNameProblem } from './program-name.js';
import { profileData, profileFiles, render } from './render.js';
import { translate } from './translate.js';

/** supervisord (https://supervisord.org), versions 4.x. */
export const supervisord: Backend = {
  name: 'supervisord' as ManagerName,
  summary: 'supervisord: restarts what crashes; our own one on a UNIX socket, or yours (SUPERVISORD_CONF_DIR)',
  directFunction: 'createSupervisordProgram',
  nameProblem: programNameProblem,
  translate,
  render,
  profileFiles,
  profileData,
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root) => (await import('./read-layout.js')).readLayout(root),
  differences: async (before, after) => (await import('./differences.js')).differences(before, after),
  activationParser: async (data) => {
    const { fromActivation, parseProfileData } = await import('./activation-data.js');
    parseProfileData(data);
    return fromActivation;
  },
  connect: async (context) => (await import('./connect.js')).connect(context),
};
