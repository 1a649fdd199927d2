import { readFileSync } from 'node:fs';

/** How many files a process of this machine may have open at most (proc(5), /proc/PID/limits). */
const openFilesLimit = (): number =>
  Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);

/** Limits and cgroups as they are, since a machine's root may lack the capability to change them. */
const containersConf = (openFiles: number): string => `[containers]
cgroups = "disabled"
netns = "host"
ipcns = "host"
utsns = "host"
log_driver = "k8s-file"
default_ulimits = ["nofile=${openFiles}:${openFiles}", "nproc=8192:8192"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
`;

const storageConf = `[storage]
driver = "overlay"
graphroot = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
`;

/** Variables that `provideForPodman` reads. */
export const podmanSettings = (): Readonly<Record<string, string>> => ({
  CONTAINERS_CONF: containersConf(openFilesLimit()),
  STORAGE_CONF: storageConf,
});

/** Shell commands that let Podman work in a copy of the machine; they run in its root directory. */
export const provideForPodman = `
# An overlay cannot lie on another: what engines store is on a file system of its own.
mkdir -p var/lib/containers etc/containers
mount -t tmpfs -o mode=755 tmpfs var/lib/containers
printf %s "$CONTAINERS_CONF" > etc/containers/containers.conf
printf %s "$STORAGE_CONF" > etc/containers/storage.conf`;
