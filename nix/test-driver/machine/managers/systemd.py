"""systemd: the system's as the first process of the machine, and for an ordinary user one of their own."""

import os
import signal

from .. import control_group, files
from ..failures import RequestFailed
from .manager import Manager

_PROGRAMS = ("/lib/systemd/systemd", "/usr/lib/systemd/systemd")

# What would touch things that namespaces share, clean directories, or wait for what there is not.
_MASKED = (
    "systemd-tmpfiles-setup.service", "systemd-tmpfiles-setup-dev.service", "systemd-tmpfiles-setup-dev-early.service",
    "systemd-tmpfiles-clean.timer", "systemd-udevd.service", "systemd-udev-trigger.service",
    "systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "systemd-sysctl.service",
    "systemd-modules-load.service", "systemd-binfmt.service", "proc-sys-fs-binfmt_misc.automount",
    "proc-sys-fs-binfmt_misc.mount", "systemd-firstboot.service", "systemd-random-seed.service",
    "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service", "systemd-journald-audit.socket",
    "systemd-journal-flush.service", "systemd-remount-fs.service", "systemd-networkd.service",
    "systemd-resolved.service", "systemd-timesyncd.service", "systemd-logind.service", "systemd-user-sessions.service",
    "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service", "systemd-machine-id-commit.service",
    "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "sys-kernel-config.mount", "sys-fs-fuse-connections.mount", "getty.target", "console-getty.service",
    "apt-daily.timer", "apt-daily-upgrade.timer", "man-db.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "fstrim.timer", "logrotate.timer", "dpkg-db-backup.timer")

_JOURNALD = "[Journal]\nStorage=volatile\nReadKMsg=no\nRateLimitIntervalSec=0\n"

# The runtime directory of a user who never logs in; systemd's own unit asks logind about it.
_RUNTIME_DIRECTORY = """[Unit]
Description=Runtime directory of user %i
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/install -d -m 700 -o %i /run/user/%i
"""
_USER_MANAGER = "[Service]\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i\n"


class Systemd(Manager):
    """See machine.managers.manager."""

    def missing(self):
        if os.geteuid() != 0:
            return "systemd needs control groups, which only root can give it"
        if self._systemd() is None:
            return "systemd is not installed"
        if control_group.own_path() is None:
            return "systemd needs control groups of version 2"
        return None

    @staticmethod
    def _systemd():
        return next((path for path in _PROGRAMS if os.access(path, os.X_OK)), None)

    def configure(self):
        settings = self.settings
        settings.control_group = "needed"
        settings.init = [self._systemd(), "--system", "--unit=multi-user.target", "--show-status=0",
                         "--log-target=journal-or-kmsg"]
        # systemd(1), "SIGNALS": as `systemctl poweroff`.
        settings.shutdown_signal = signal.SIGRTMIN + 4
        settings.init_environment = {"container": "nixproc", "LANG": "C.UTF-8", "PATH": ":".join(settings.path)}
        settings.prepare.append(self._prepare)

    def _prepare(self, root):
        units = root + "/etc/systemd/system"
        files.make_directories(units)
        for name in _MASKED:
            os.symlink("/dev/null", os.path.join(units, name))
        files.write(root + "/etc/systemd/journald.conf.d/nixproc.conf", _JOURNALD)
        # Where the framework's own test driver has systemd look for units as well.
        files.make_directories(root + "/etc/systemd-mutable")
        os.symlink("/etc/systemd/system", root + "/etc/systemd-mutable/system")
        if self.variant.unprivileged:
            files.write(units + "/user-runtime-dir@.service", _RUNTIME_DIRECTORY)
            files.write(units + "/user@.service.d/nixproc.conf", _USER_MANAGER)

    def start(self, machine):
        self._await(machine, ["systemctl"])
        if self.variant.unprivileged:
            self.run(machine, ["systemctl", "start", "user@%d.service" % self.settings.owner[0]], as_root=True)
            self._await(machine, ["systemctl", "--user"])

    def _await(self, machine, systemctl):
        # systemctl fails until there is somebody to talk to, and then waits by itself.
        script = """
for i in $(seq 600); do
    state=$("$@" is-system-running --wait 2>/dev/null) || :
    case $state in running|degraded) exit 0;; '' | offline | unknown) sleep 0.05;; *) break;; esac
done
echo "systemd is ${state:-not there}"
"$@" --failed --no-legend
exit 1
"""
        try:
            self.run(machine, ["/bin/sh", "-c", script, "await", *systemctl], as_root="--user" not in systemctl)
        except RequestFailed as failure:
            raise RequestFailed("systemd does not start: " + failure.output.strip(), output=failure.output) from None

    def environment(self):
        if not self.variant.unprivileged:
            return {}
        directory = "/run/user/%d" % self.settings.owner[0]
        return {"XDG_RUNTIME_DIR": directory, "DBUS_SESSION_BUS_ADDRESS": "unix:path=%s/bus" % directory}

    def log(self, machine, lines):
        return machine.execute("journalctl --no-pager -o short-monotonic -n %d" % lines)[1].splitlines()
