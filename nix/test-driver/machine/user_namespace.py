"""A user namespace in which an ordinary user is root, with further users: subuid(5), newuidmap(1)."""

import os
import pwd
import shutil
import subprocess

from . import kernel

# The number of users of a namespace, such that all those are there that a system usually has, `nobody` (65534) the last.
_USERS = 65535


def subordinate_range(text, name, uid):
    """First number and count of a user's subordinate IDs, by the text of /etc/subuid or /etc/subgid; None without any."""
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) == 3 and fields[0] in (name, str(uid)) and int(fields[2]) >= _USERS - 1:
            return int(fields[1]), int(fields[2])
    return None


def _own_range(path):
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    try:
        with open(path, encoding="utf-8") as file:
            return subordinate_range(file.read(), name, uid)
    except OSError:
        return None


def missing():
    """Why this user can have no namespace with users in it, in words; None if they can."""
    if os.geteuid() == 0:
        return None
    for program in ("newuidmap", "newgidmap"):
        if shutil.which(program) is None:
            return "%s is not on PATH (Debian: apt-get install uidmap)" % program
    for path in ("/etc/subuid", "/etc/subgid"):
        if _own_range(path) is None:
            return "%s gives this user no %d subordinate IDs" % (path, _USERS - 1)
    return None


def enter():
    """Makes this process root of a user namespace and a mount namespace of its own.

    :raises OSError: with what the kernel or newuidmap says
    """
    keeper = str(os.getpid())
    maps = [["newuidmap", keeper, "0", str(os.getuid()), "1", "1", str(_own_range("/etc/subuid")[0]), str(_USERS - 1)],
            ["newgidmap", keeper, "0", str(os.getgid()), "1", "1", str(_own_range("/etc/subgid")[0]), str(_USERS - 1)]]
    begin_read, begin_write = os.pipe()
    result_read, result_write = os.pipe()
    # These programs have to run outside of the namespace, which exists only when this process is in it.
    helper = os.fork()
    if helper == 0:
        os.close(begin_write)
        if os.read(begin_read, 1):
            for command in maps:
                done = subprocess.run(command, stderr=subprocess.PIPE, check=False)
                if done.returncode != 0:
                    os.write(result_write, done.stderr or b"newuidmap failed")
                    break
        os._exit(0)
    os.close(begin_read)
    os.close(result_write)
    try:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS)
        os.write(begin_write, b"x")
    finally:
        os.close(begin_write)
        with os.fdopen(result_read, "rb") as result:
            problem = result.read().decode(errors="replace").strip()
        os.waitpid(helper, 0)
    if problem:
        raise OSError(problem)
    os.setgid(0)
    os.setuid(0)
