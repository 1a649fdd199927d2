"""runit, of which each deployment starts a runsvdir of its own."""

from .manager import Manager

_PROGRAMS = ("runsvdir", "runsv", "sv", "chpst", "svlogd")


class Runit(Manager):
    """See machine.managers.manager."""

    def missing(self):
        absent = [name for name in _PROGRAMS if not self.program(name)]
        return "%s is not on PATH" % absent[0] if absent else None
