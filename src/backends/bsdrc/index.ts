import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { facts } from './facts.js';
import { nameProblem } from './rc-name.js';
import { profileFiles, render } from './render.js';
import { translate } from './translate.js';

/** rc(8) of FreeBSD: a script for each process, which rc.subr(8) runs. */
export const bsdrc: Backend = {
  name: 'bsdrc' as ManagerName,
  summary: 'rc.d scripts of FreeBSD: rc.subr runs them, rc.conf.d enables them at boot',
  directFunction: 'createBSDRCScript',
  nameProblem,
  translate,
  render,
  profileFiles,
  profileData: () => ({}),
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root, directories) => (await import('./read-layout.js')).readLayout(root, directories),
  honoursTimeouts: facts.honoursTimeouts,
  activationParser: async () => (await import('./activation-data.js')).parseActivation,
  connect: async (context) => (await import('./connect.js')).connect(context),
  serviceScripts: async (profile, context) => (await import('./service-scripts.js')).serviceScripts(profile, context),
};
