"""Containers: Podman, which works without a daemon, and through which docker(1) can be used as well."""

import os
import resource

from .. import files
from ..failures import RequestFailed
from .manager import Manager

# A machine's root may lack the capability to raise limits, and has no controllers to limit containers with.
_CONTAINERS = """[containers]
cgroups = "disabled"
netns = "host"
ipcns = "host"
utsns = "host"
log_driver = "k8s-file"
default_ulimits = ["nofile=%(files)d:%(files)d", "nproc=8192:8192"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""

_STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "/var/lib/containers/storage"\nrunroot = "/run/containers/storage"\n'
_SOCKET = "/run/docker.sock"


class Docker(Manager):
    """See machine.managers.manager."""

    def missing(self):
        if not self.settings.by_root:
            return "containers within a user namespace need root"
        if not self.program("podman"):
            return "podman is not on PATH"
        return None if self.program("catatonit") or os.path.exists("/usr/libexec/podman/catatonit") else \
            "catatonit, which is the init of containers, is not on PATH"

    def configure(self):
        self.settings.prepare.append(self._prepare)
        # An ordinary user's containers get a /proc only where nothing hides parts of the one that is there.
        self.settings.protects_kernel = not self.variant.unprivileged

    def _prepare(self, root):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limit = 1048576 if hard == resource.RLIM_INFINITY else hard
        files.write(root + "/etc/containers/containers.conf", _CONTAINERS % {"files": limit})
        if not self.variant.unprivileged:
            files.write(root + "/etc/containers/storage.conf", _STORAGE)

    def environment(self):
        result = {"NIXPROC_CONTAINER_ENGINE": "podman"}
        if self.variant.unprivileged:
            result["XDG_RUNTIME_DIR"] = "/run/user/%d" % self.settings.owner[0]
        return result

    def start(self, machine):
        if self.variant.unprivileged:
            self.run(machine, ["install", "-d", "-m", "700", "-o", "unprivileged",
                               self.environment()["XDG_RUNTIME_DIR"]], as_root=True)
            return
        if not self.program("docker"):
            return
        os.close(self.run_on(machine, [self.program("podman"), "system", "service", "--time=0", "unix://" + _SOCKET]))
        if not machine.connection.await_file(_SOCKET, exists=True, interval=0.02, timeout=30):
            raise RequestFailed("podman does not listen at %s" % _SOCKET)
