"""The root directory of a machine that an ordinary user makes.

The kernel refuses such a user an overlay over /, so programs of the host are shown as they are, read-only, and all other
directories are fresh. /etc has links to what the host has in its own.
"""

import os
import shutil

from . import files, kernel, layout, store

# Besides those of every machine.
FRESH = layout.FRESH + ("/etc", "/home", "/root", "/mnt", "/media", "/boot")
# Where the host's /etc is seen.
_HOST_ETC = "/.etc-of-host"
# Directories in /etc in which a machine has files of its own.
_OWN_DIRECTORIES = ("profile.d", "containers")
_NOT_LINKED = ("mysql", "my.cnf", "supervisor", "supervisord.conf", "systemd", ".pwd.lock")


class UserRootDirectory:
    """The same as machine.root_directory.RootDirectory, for root of a user namespace."""

    _scratch = "/run"

    def __init__(self, settings):
        self._settings = settings
        self._host_run = os.open(self._scratch, os.O_PATH | os.O_DIRECTORY)
        self.path = os.path.join(self._scratch, "root")

    def host(self, path):
        """Where a path of the host can be read, also if it is under what lies over it."""
        if layout.is_below(path, self._scratch):
            return "/proc/self/fd/%d%s" % (self._host_run, path[len(self._scratch):])
        return path

    def make(self):
        """Makes everything but /proc and /sys."""
        settings = self._settings
        kernel.mount("tmpfs", self._scratch, "tmpfs", kernel.MS_NOSUID, "mode=755")
        files.make_directory(self.path)
        files.bind(self.path, self.path)
        self._show_programs()
        self._make_fresh()
        for path in settings.visible:
            files.bind_read_only(self.host(path), self.path + path)
        self._make_store()
        self._link_etc()
        files.write_etc(self.path + "/etc", settings.accounts, settings.path)
        files.make_homes(self.path, settings.accounts)
        for prepare in settings.prepare:
            prepare(self.path)
        os.close(self._host_run)

    def _show_programs(self):
        stores = [place.split("/")[1] for place in self._settings.places.roots()]
        for name in os.listdir("/"):
            source = "/" + name
            if os.path.islink(source):
                os.symlink(os.readlink(source), self.path + source)
            elif os.path.isdir(source) and source not in FRESH and name not in stores + ["lost+found"]:
                files.bind_read_only(source, self.path + source)

    def _make_fresh(self):
        for name in FRESH:
            files.make_directories(self.path + name)
        os.chmod(self.path + "/tmp", 0o1777)
        os.chmod(self.path + "/root", 0o700)
        os.rmdir(self.path + "/home/unprivileged")
        files.fill_var(self.path + "/var")
        files.fill_run(self.path + "/run")
        files.fill_devices(self.path + "/dev")

    def _make_store(self):
        """The caller's store below an upper layer of the machine's own, and a state beside it."""
        places = self._settings.places
        owner = self._settings.owner
        if not os.path.isdir(self.host(places.store)):
            return
        layer = os.path.join(self._scratch, "store-layer")
        for directory in (layer, layer + "/upper", layer + "/work"):
            files.make_directory(directory)
        os.chmod(layer + "/upper", 0o755)
        os.chown(layer + "/upper", *owner)
        target = self.path + places.store
        files.make_directories(target)
        kernel.mount("overlay", target, "overlay", 0, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work,userxattr" % (
            files.escaped(self.host(places.store)), layer, layer))
        state = self.path + places.state
        database = os.path.join(self.host(places.state), "db")
        if os.path.isdir(database):
            files.make_directories(state + "/db")
            store.copy_database(database, state + "/db")
            shutil.copyfile(database + "/schema", state + "/db/schema")
        for directory in (state + "/profiles/per-user", state + "/gcroots/per-user", state + "/temproots",
                          self.path + places.log):
            files.make_directories(directory)
        os.chmod(state + "/profiles/per-user", 0o1777)
        for directory in (state, self.path + places.log):
            _give(directory, owner)

    def _link_etc(self):
        etc = self.path + "/etc"
        files.bind_read_only("/etc", self.path + _HOST_ETC)
        for name in os.listdir("/etc"):
            if name in _OWN_DIRECTORIES and os.path.isdir("/etc/" + name):
                files.make_directory(os.path.join(etc, name))
                for entry in os.listdir("/etc/" + name):
                    os.symlink("%s/%s/%s" % (_HOST_ETC, name, entry), os.path.join(etc, name, entry))
            # Names with a dash at the end are copies that useradd(8) makes before it writes.
            elif name not in _NOT_LINKED and not name.endswith("-"):
                os.symlink("%s/%s" % (_HOST_ETC, name), os.path.join(etc, name))


def _give(directory, owner):
    os.chown(directory, *owner)
    for parent, directories, names in os.walk(directory):
        for name in directories + names:
            os.chown(os.path.join(parent, name), *owner, follow_symlinks=False)
