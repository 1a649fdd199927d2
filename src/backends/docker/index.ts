import type { ManagerName } from '../../model/process-model.js';
import type { Backend } from '../backend.js';
import { nameProblem } from './container-name.js';
import { render } from './render.js';
import { translate } from './translate.js';

/** Docker and Podman: a container for each process, on the host's network, store and state directories. */
export const docker: Backend = {
  name: 'docker' as ManagerName,
  summary: "Docker or Podman: a container for each process, on the host's network, Nix store and state directories",
  directFunction: 'createDockerContainer',
  nameProblem,
  translate,
  render,
  profileFiles: () => [],
  profileData: () => ({}),
  launches: async (unit) => (await import('./launched-program.js')).launchedProgram(unit),
  readLayout: async (root) => (await import('./read-layout.js')).readLayout(root),
  leftovers: 'manager',
  activationParser: async () => (await import('./activation-data.js')).fromActivation,
  connect: async (context) => (await import('./connect.js')).connect(context),
};
