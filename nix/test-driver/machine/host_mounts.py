"""The file systems of the host that a machine shows a copy of."""

import os

from .layout import FRESH, is_below

# Kernel interfaces and what lives in memory alone are not part of a system's files.
_NOT_FILES = frozenset((
    "proc", "sysfs", "devtmpfs", "devpts", "tmpfs", "ramfs", "cgroup", "cgroup2", "mqueue", "securityfs", "debugfs",
    "tracefs", "pstore", "bpf", "configfs", "fusectl", "hugetlbfs", "autofs", "binfmt_misc", "efivarfs", "nsfs",
    "rpc_pipefs", "selinuxfs"))


def _unescaped(field):
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field


def parse(mountinfo):
    """Mount points of file systems with files below the root, outer ones first.

    :param mountinfo: the text of /proc/self/mountinfo (proc(5))
    :returns: paths; files that something is mounted on, as engines do with /etc/hosts, are left out
    """
    points = []
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        kind = fields[fields.index("-") + 1]
        point = _unescaped(fields[4])
        if point == "/" or kind in _NOT_FILES or any(is_below(point, fresh) for fresh in FRESH):
            continue
        if point not in points:
            points.append(point)
    return sorted(points, key=lambda point: point.count("/"))


def read():
    """Those of this process."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as text:
        return [point for point in parse(text.read()) if os.path.isdir(point)]
