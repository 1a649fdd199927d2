import { createRun } from '../../../../src/system/run.js';
import type { ContainerNamespace } from '../../../support/container-namespace.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../../support/temporary-directory.js';
import { eventually } from '../../../support/waiting.js';

/** An engine that the tests can have in a namespace. */
export interface TestEngine {
  readonly program: string;
  /** Gets what the namespace lacks; returns shell commands that put it there. */
  readonly prepare: () => Promise<string>;
  readonly start: (namespace: ContainerNamespace) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** Podman, which is installed. */
export const podman: TestEngine = {
  program: 'podman',
  prepare: async () => ':',
  start: async () => undefined,
  remove: async () => undefined,
};

// Networks, limits and cgroups as they are: the namespace has the machine's network.
const daemon = [
  'dockerd --bridge=none --iptables=false --ip6tables=false --ip-masq=false --storage-driver=overlay2',
  '--exec-opt native.cgroupdriver=cgroupfs --group root --default-ulimit nofile=20000:20000',
].join(' ');

const fetchPackages = `apt-get download -qq docker.io containerd runc tini ||
  { apt-get update -qq && apt-get download -qq docker.io containerd runc tini; }`;

/** Docker as Debian has it, fetched for the tests and never installed on the machine. */
export const docker = (): TestEngine => {
  let packages: TemporaryDirectory | undefined;
  return {
    program: '/usr/bin/docker',
    prepare: async () => {
      packages = await makeTemporaryDirectory();
      const { path } = packages;
      const { exitCode, stderr } = await createRun(process.env)({ file: 'sh', args: ['-c', fetchPackages], cwd: path });
      if (exitCode !== 0) throw new Error(`the packages of Docker cannot be fetched: ${stderr}`);
      return `
        for package in ${path}/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C .; done
        for directory in var/lib/docker var/lib/containerd; do
          mkdir -p $directory
          mount -t tmpfs tmpfs $directory
        done`;
    },
    start: async (namespace) => {
      await namespace.run('sh', ['-c', `${daemon} >/run/dockerd.log 2>&1 &`]);
      try {
        await eventually(async () => {
          const { exitCode, stderr } = await namespace.run('docker', ['version']);
          if (exitCode !== 0) throw new Error(stderr);
          return true;
        }, 20);
      } catch (error) {
        const { stdout } = await namespace.run('cat', ['/run/dockerd.log']);
        throw new Error(`dockerd did not start: ${stdout}`, { cause: error });
      }
    },
    remove: async () => packages?.remove(),
  };
};
