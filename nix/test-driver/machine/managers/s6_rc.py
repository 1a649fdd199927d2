"""s6-rc, whose services an s6-svscan in the runtime directory supervises."""

import os

from ..failures import RequestFailed
from .manager import Manager
from ..connection import wait_for

_PROGRAMS = ("s6-svscan", "s6-rc", "s6-rc-compile", "s6-rc-init", "s6-rc-update", "execlineb")


class S6Rc(Manager):
    """See machine.managers.manager."""

    def _scan_directory(self):
        return self.variant.runtime_dir + "/service"

    def missing(self):
        absent = [name for name in _PROGRAMS if not self.program(name)]
        return "%s is not on PATH" % absent[0] if absent else None

    def start(self, machine):
        directory = self._scan_directory()
        self.run(machine, ["mkdir", "-p", "--", directory])
        ended = self.run_on(machine, [self.program("s6-svscan"), directory])
        control = directory + "/.s6-svscan/control"
        if not machine.connection.await_file(control, exists=True, interval=0.02, timeout=30):
            raise RequestFailed("s6-svscan does not supervise %s" % directory)
        if wait_for(ended, 0):
            raise RequestFailed("s6-svscan has ended")
        os.close(ended)
        # Where s6-rc looks when it is not told where its live directory is.
        live = self.variant.runtime_dir + "/nix-processmgmt-ts/processes/live"
        self.run(machine, ["ln", "-sfn", live, "/run/s6-rc"], as_root=True)
