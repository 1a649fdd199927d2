"""Copies files between the host and a machine, as archives: neither sees the other's directories.

tarfile is loaded by who copies something: most tests do not, and it takes as long as the rest of the driver.
"""

import os
import posixpath
import shlex

from .captured import captured

_UNPACK = """
d=$(mktemp -d)
trap 'rm -rf -- "$d"' EXIT
mkdir -p -- "$(dirname -- "$2")"
tar -C "$d" -xf -
if [ -d "$2" ] && [ ! -d "$d/$1" ]; then mv -- "$d/$1" "$2/"; else cp -aT -- "$d/$1" "$2"; fi
"""


def into_machine(run, source, target):
    """Copies a file or a directory of the host.

    :param run: runs a program in the machine: argv, standard input, standard output
    :param target: the name of the copy; a directory gets the contents of a directory, and a file below it
    """
    import tarfile

    archive = captured()
    try:
        name = os.path.basename(source)
        with os.fdopen(os.dup(archive), "wb") as file, tarfile.open(fileobj=file, mode="w|") as packed:
            # Owners are root's, as in a copy that a user of the machine makes.
            packed.add(source, name, filter=_as_root)
        os.lseek(archive, 0, os.SEEK_SET)
        run(["bash", "-euc", _UNPACK, "copy", name, target], archive, None)
    finally:
        os.close(archive)


def _as_root(member):
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def from_machine(run, source, directory):
    """Copies a file or a directory of the machine into a directory of the host, which is made."""
    import tarfile

    os.makedirs(directory, exist_ok=True)
    archive = captured()
    try:
        # Names are those of the machine, whose paths have nothing to do with the host's.
        parent, name = posixpath.split(source.rstrip("/"))
        run(["tar", "-C", parent or "/", "-cf", "-", "--", name], None, archive)
        os.lseek(archive, 0, os.SEEK_SET)
        with os.fdopen(os.dup(archive), "rb") as file, tarfile.open(fileobj=file, mode="r|") as packed:
            _extract(packed, directory)
    finally:
        os.close(archive)


def _extract(packed, directory):
    import tarfile

    if hasattr(tarfile, "data_filter"):
        packed.extractall(directory, filter="data")
        return
    # Older versions of Python trust an archive: nothing of it may lead out of the directory.
    for member in packed:
        inside = os.path.realpath(os.path.join(directory, member.name))
        if not inside.startswith(os.path.realpath(directory) + os.sep):
            raise ValueError("%s leads out of %s" % (shlex.quote(member.name), directory))
        if member.isfile() or member.isdir():
            packed.extract(member, directory)
