import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { nameProblem } from '../shared/script-name.js';
import { facts } from './facts.js';
import { profileData, render } from './render.js';
import { translate } from './translate.js';

/** Dysnomia's process scripts (https://github.com/svanderburg/dysnomia), run by ourselves or by Disnix. */
export const disnix: Backend = {
  name: 'disnix' as ManagerName,
  summary: 'Simple start and stop scripts that work on every Unix; --engine disnix hands them to Disnix',
  directFunction: 'createProcessScript',
  nameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData,
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root, directories) => (await import('./read-layout.js')).readLayout(root, directories),
  formerProfile: async (env) => (await import('./coordinator-manifest.js')).coordinatorProfile(env),
  honoursTimeouts: facts.honoursTimeouts,
  activationParser: async () => (await import('../shared/script-activation.js')).parseActivation,
  connect: async (context) => (await import('./connect.js')).connect(context),
};
