import { join } from 'node:path';
import { labels } from '../../../../src/backends/docker/labels.js';
import type { Harness, Place } from '../../../contract/harness.js';
import { emptyVolatileDirectories } from '../../../contract/this-machine.js';
import { createContainerNamespace } from '../../../support/container-namespace.js';
import { createDeployment } from '../../../support/deployment.js';
import { isRoot } from '../../../support/is-root.js';
import { podmanSettings, provideForPodman } from '../../../support/podman.js';

const open = async (): Promise<Place> => {
  const namespace = await createContainerNamespace();
  const deployment = await createDeployment(namespace.account, 'webapps');
  const inside = async (file: string, ...args: readonly string[]): Promise<readonly string[]> => {
    const { exitCode, stdout, stderr } = await namespace.run(file, args);
    if (exitCode !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
    return stdout.split('\n').filter((line) => line !== '');
  };
  return {
    deployment,
    addExtra: async (instance) => {
      const [image = ''] = await inside('podman', 'inspect', '--format={{.ImageName}}', 'nixproc-base');
      const marks = Object.entries({ profile: join(deployment.profilesDir, 'processes'), instance, process: instance });
      await inside(
        ...['podman', 'create', `--name=nixproc-${instance}`],
        ...marks.map(([name, value]) => `--label=${labels[name as 'profile']}=${value}`),
        image,
      );
    },
    traces: async () => [
      ...(await inside('podman', 'ps', '--all', '--format={{.Names}}')),
      ...(await inside('podman', 'images', '--all', '--quiet')),
    ],
    reboot: async () => {
      // All but the first process of the namespace and the shell itself; their parents first have no time to act.
      await namespace.run('sh', ['-c', 'kill -KILL -1']);
      // By these Podman sees that the machine has booted.
      await inside('sh', '-euc', 'rm -rf /run/containers /run/libpod /run/crun');
      emptyVolatileDirectories(deployment);
    },
    dispose: async () => {
      await deployment.dispose();
      await namespace.dispose();
    },
  };
};

export const harness: Harness = {
  sleep: {
    file: 'create-docker-container.nix',
    properties: 'dockerImage = "sleep"; dockerImageTag = "1"; cmd = "${sleep} 4711";',
  },
  layout: { says: ['containerName', 'createArguments'], tells: 'order' },
  runsAnywhere: false,
  runsBesideOthers: true,
  provision: { commands: provideForPodman, environment: podmanSettings() },
  takesLong: true,
  tellsPid: 'parent',
  // Containers need namespaces and mounts.
  stages: [{ name: 'root', skip: isRoot ? null : 'only root can make a namespace for containers', open }],
};
