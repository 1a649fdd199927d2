"""A control group (cgroups(7), version 2) for one machine, below the one that the driver is in.

Its name tells whose it is, so that the next machine can take away what a driver left that was killed together with its
keeper.
"""

import os
import time

from . import kernel

_PREFIX = "nixproc-machine-"


def own_path():
    """Where this process is in the hierarchy of version 2; None without one."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("0::"):
                    return line[3:].rstrip("\n")
    except OSError:
        pass
    return None


def start_time(pid):
    """When a process began (proc(5), field 22 of stat), which tells it from a later one of the same PID; None for no process."""
    try:
        with open("/proc/%s/stat" % pid, encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


class ControlGroup:
    """The group, as directories that stay open: its way is not to be seen from inside of the machine."""

    def __init__(self, parent, leave, name):
        self._parent = parent
        self._leave = leave
        self._name = name

    @classmethod
    def join(cls, mount_point):
        """Makes a group and moves this process into it.

        :param mount_point: a directory over which the hierarchy can be mounted for a moment, in a mount namespace of ours
        :raises OSError: where that is not allowed, or there is no version 2
        """
        path = own_path()
        if path is None:
            raise OSError("control groups of version 2 are not there")
        kernel.mount("cgroup2", mount_point, "cgroup2")
        try:
            parent = os.open(mount_point + path, os.O_RDONLY | os.O_DIRECTORY)
        finally:
            # What is open of it stays usable.
            kernel.unmount(mount_point)
        _remove_abandoned(parent)
        name = "%s%d-%s" % (_PREFIX, os.getpid(), start_time("self"))
        os.mkdir(name, 0o755, dir_fd=parent)
        # Opened here: the kernel lets only those out of a group who could see where to.
        leave = os.open("cgroup.procs", os.O_WRONLY, dir_fd=parent)
        group = cls(parent, leave, name)
        enter = os.open(name + "/cgroup.procs", os.O_WRONLY, dir_fd=parent)
        os.write(enter, b"0")
        os.close(enter)
        return group

    def remove(self):
        """Leaves the group and takes it away, with all that was made below it. All other processes in it have ended."""
        os.write(self._leave, b"0")
        os.close(self._leave)
        for _ in range(200):
            try:
                _remove_tree(self._parent, self._name)
                break
            except OSError:
                # Processes that have just ended count for a moment.
                time.sleep(0.005)
        os.close(self._parent)


def _remove_tree(parent, name):
    directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=parent)
    try:
        with os.scandir(directory) as entries:
            below = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        for entry in below:
            _remove_tree(directory, entry)
    finally:
        os.close(directory)
    os.rmdir(name, dir_fd=parent)


def _remove_abandoned(parent):
    with os.scandir(parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(_PREFIX)]
    for name in names:
        pid, _, began = name[len(_PREFIX):].partition("-")
        if start_time(pid) == began:
            continue
        try:
            _remove_tree(parent, name)
        except OSError:
            # Somebody else may be doing the same, or processes are still ending.
            pass
