"""The root directory of a machine that root makes: copies of the host's file systems, over which the machine writes."""

import os
import stat

from . import files, host_mounts, kernel, layout, store


class RootDirectory:
    """A directory tree in a mount namespace of this process, which has to be one already.

    :param settings: machine.settings.Settings
    """

    # In this namespace, a file system in memory lies over /run, and holds everything that is written.
    _scratch = "/run"

    def __init__(self, settings):
        self._settings = settings
        self._host_run = os.open(self._scratch, os.O_PATH | os.O_DIRECTORY)
        self._layers = 0
        self.path = os.path.join(self._scratch, "root")

    def host(self, path):
        """Where a path of the host can be read, also if it is under what lies over it."""
        if layout.is_below(path, self._scratch):
            return "/proc/self/fd/%d%s" % (self._host_run, path[len(self._scratch):])
        return path

    def make(self):
        """Makes everything but /proc and /sys, which belong to other namespaces of the machine."""
        settings = self._settings
        kernel.mount("tmpfs", self._scratch, "tmpfs", kernel.MS_NOSUID, "mode=755")
        files.make_directory(self.path)
        self._copy("/", prepare=self._hide)
        for path in layout.EMPTY + tuple(filter(os.path.isdir, layout.RUNLEVELS)):
            # In the place of one that is hidden, the kernel makes one that nothing shines through.
            files.make_directories(self.path + path)
        for point in host_mounts.read():
            self._copy(point)
        self._make_fresh()
        places = settings.places
        for directory in settings.store_copies:
            self._copy(directory)
        for path in settings.visible:
            files.bind_read_only(self.host(path), self.path + path)
        store.fill_state(self.path, places, self.host, settings.owner)
        store.make_own(self.path, places, self._scratch, settings.owner)
        files.write_etc(self.path + "/etc", settings.accounts, settings.path)
        files.make_homes(self.path, settings.accounts)
        for prepare in settings.prepare:
            prepare(self.path)
        os.close(self._host_run)

    def _copy(self, path, prepare=None):
        """Shows one of the host's file systems, such that what is written to it is the machine's own."""
        layer = os.path.join(self._scratch, "layer%d" % self._layers)
        self._layers += 1
        upper = os.path.join(layer, "upper")
        work = os.path.join(layer, "work")
        for directory in (layer, upper, work):
            files.make_directory(directory)
        status = os.stat(self.host(path))
        os.chmod(upper, stat.S_IMODE(status.st_mode))
        os.chown(upper, status.st_uid, status.st_gid)
        if prepare is not None:
            prepare(upper)
        target = self.path if path == "/" else self.path + path
        files.make_directories(target)
        kernel.mount("overlay", target, "overlay", 0, "lowerdir=%s,upperdir=%s,workdir=%s" % (
            files.escaped(self.host(path)), upper, work))

    def _hide(self, upper):
        """Writes into the upper layer what takes the host's own settings away (the kernel's overlayfs.rst, "whiteouts and
        opaque directories"); to remove them one by one would take longer."""
        for path in layout.ABSENT + layout.EMPTY + layout.RUNLEVELS:
            if os.path.lexists(path):
                self._copy_directories(upper, os.path.dirname(path))
                os.mknod(upper + path, stat.S_IFCHR, os.makedev(0, 0))

    @staticmethod
    def _copy_directories(upper, path):
        current = ""
        for part in path.strip("/").split("/"):
            current += "/" + part
            status = os.stat(current)
            if not os.path.isdir(upper + current):
                files.make_directory(upper + current, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))

    def _make_fresh(self):
        for name, mode in (("run", 0o755), ("tmp", 0o1777), ("var", 0o755), ("dev", 0o755)):
            directory = os.path.join(self._scratch, "fresh-" + name)
            files.make_directory(directory, mode)
            files.bind(directory, os.path.join(self.path, name))
        files.fill_var(self.path + "/var")
        files.fill_run(self.path + "/run")
        files.fill_devices(self.path + "/dev")
        if os.path.isdir(self.path + "/home/unprivileged"):
            home = os.path.join(self._scratch, "fresh-home")
            files.make_directory(home, 0o700, (1000, 100))
            files.bind(home, self.path + "/home/unprivileged")
