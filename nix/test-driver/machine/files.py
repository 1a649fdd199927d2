"""Writes the files of a machine below its root directory, before anybody is in there."""

import os
import shutil

from . import kernel, layout


def make_directory(path, mode=0o755, owner=None):
    """One directory, whatever the umask; where it is already, its mode stays."""
    try:
        os.mkdir(path)
    except FileExistsError:
        return
    os.chmod(path, mode)
    if owner is not None:
        os.chown(path, *owner)


def make_directories(path):
    """A directory and those above it."""
    os.makedirs(path, 0o755, exist_ok=True)


def write(path, text, mode=0o644):
    """A file with a text, in place of what is there, which may be a link to somewhere else."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        make_directories(os.path.dirname(path))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def remove(path):
    """Whatever is there, if anything."""
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    elif os.path.isdir(path):
        shutil.rmtree(path)


def bind(source, target, flags=0):
    """Shows a directory or a file at a second place, which is made."""
    if os.path.isdir(source):
        make_directories(target)
    else:
        make_directories(os.path.dirname(target))
        if not os.path.lexists(target):
            with open(target, "w", encoding="utf-8"):
                pass
    kernel.mount(source, target, flags=kernel.MS_BIND | flags)


def bind_read_only(source, target):
    """The same, with all that is mounted below, such that the directory itself cannot be written to."""
    bind(source, target, kernel.MS_REC)
    kept = os.statvfs(target).f_flag & (kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    # Where the machine's owner is not root, the kernel refuses to give up what the mount had before.
    kernel.mount("none", target, flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kept)


def escaped(path):
    """A path as overlay's options take it."""
    return path.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")


def fill_var(directory):
    """An empty /var."""
    for name, mode in layout.VAR_DIRECTORIES.items():
        make_directory(os.path.join(directory, name), mode)
    for name, target in layout.VAR_LINKS.items():
        os.symlink(target, os.path.join(directory, name))


def fill_run(directory):
    """An empty /run."""
    for name, mode in layout.RUN_DIRECTORIES.items():
        make_directory(os.path.join(directory, name), mode)


def fill_devices(directory):
    """A /dev with what every program may expect, as links to the host's devices."""
    for name in layout.DEVICES:
        if os.path.exists("/dev/" + name):
            bind("/dev/" + name, os.path.join(directory, name))
    for name, target in layout.DEVICE_LINKS.items():
        os.symlink(target, os.path.join(directory, name))
    for name in ("pts", "mqueue"):
        make_directory(os.path.join(directory, name))
    make_directory(os.path.join(directory, "shm"), 0o1777)
    kernel.mount("devpts", os.path.join(directory, "pts"), "devpts", 0, "newinstance,ptmxmode=0666,mode=620")
    # What systemd and journald print before they have anything else goes nowhere.
    bind("/dev/null", os.path.join(directory, "console"))


def write_etc(directory, accounts, path):
    """The files of a machine's own in /etc."""
    for name, (text, mode) in layout.etc_files(accounts, path).items():
        write(os.path.join(directory, name), text, mode)


def make_homes(root, accounts):
    """Home directories of a suite's users and of `unprivileged`."""
    for home, uid, gid in accounts.homes:
        target = root + home
        make_directories(os.path.dirname(target))
        make_directory(target, 0o700, (uid, gid))


def empty_volatile():
    """What a restart of a machine takes away: /run and /dev/shm, but for what is mounted there."""
    for directory in ("/run", "/dev/shm"):
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
    fill_run("/run")
