"""OpenRC, which runs the services of a machine that its first process does not look after."""

import os
import shutil

from .. import files
from ..failures import RequestFailed
from .manager import Manager

_PROGRAM = "/sbin/openrc-run"

# A directory with OpenRC's files, as in a root directory, for hosts that have another init and must not install this one.
_VARIABLE = "NIXPROC_OPENRC"

_RUNLEVELS = ("sysinit", "boot", "default", "nonetwork", "shutdown")

# Control groups are those of processes, which this tool makes itself.
_CONFIGURATION = 'rc_controller_cgroups="NO"\nrc_logger="NO"\n'

# What OpenRC makes when init starts it (init.sh); what is in the runlevel starts again in a machine that was shut down.
_BOOT = """
mkdir -p /run/lock /run/openrc
for state in daemons exclusive failed hotplugged inactive options scheduled started starting stopping tmp wasinactive; do
    mkdir -p "/run/openrc/$state"
done
echo default >/run/openrc/softlevel
exec openrc default
"""


class OpenRC(Manager):
    """See machine.managers.manager."""

    @staticmethod
    def _unpacked():
        directory = os.environ.get(_VARIABLE, "")
        return directory if directory != "" and os.access(directory + _PROGRAM, os.X_OK) else None

    def missing(self):
        if self.variant.unprivileged:
            return "OpenRC starts services for root alone"
        if os.geteuid() != 0:
            return "OpenRC needs a machine that root has made"
        if not os.access(_PROGRAM, os.X_OK) and self._unpacked() is None:
            return "OpenRC is not installed, and %s names no directory that has it" % _VARIABLE
        return None

    def configure(self):
        self.settings.prepare.append(self._prepare)

    def _prepare(self, root):
        unpacked = None if os.access(_PROGRAM, os.X_OK) else self._unpacked()
        for name in ("bin", "sbin", "lib") if unpacked is not None else ():
            target = root + "/" + name
            # On most systems they are links to those below /usr.
            if os.path.islink(target):
                target = os.path.join(root, os.readlink(target).lstrip("/"))
            shutil.copytree(unpacked + "/" + name, target, symlinks=True, dirs_exist_ok=True)
        for name in ("runlevels", "init.d", "conf.d"):
            files.remove(root + "/etc/" + name)
            files.make_directories(root + "/etc/" + name)
        for name in _RUNLEVELS:
            files.make_directories(root + "/etc/runlevels/" + name)
        files.write(root + "/etc/rc.conf", _CONFIGURATION)

    def start(self, machine):
        try:
            self.run(machine, ["/bin/sh", "-euc", _BOOT], as_root=True)
        except RequestFailed as failure:
            raise RequestFailed("OpenRC does not start: " + failure.output.strip(), output=failure.output) from None
