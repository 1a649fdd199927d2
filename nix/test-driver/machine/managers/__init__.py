"""The process managers that can run in a machine."""

from .. import user_namespace
from .docker import Docker
from .manager import Manager
from .openrc import OpenRC
from .runit import Runit
from .s6_rc import S6Rc
from .supervisord import Supervisord
from .systemd import Systemd

_MANAGERS = {"sysvinit": Manager, "disnix": Manager, "supervisord": Supervisord, "systemd": Systemd, "s6-rc": S6Rc,
             "docker": Docker, "runit": Runit, "openrc": OpenRC}

_ELSEWHERE = {"launchd": "launchd needs macOS", "bsdrc": "rc.d scripts need FreeBSD", "cygrunsrv": "cygrunsrv needs Windows",
              "synit": "Synit needs a machine that it has booted"}

NAMES = tuple(_MANAGERS) + tuple(_ELSEWHERE)


def manager_of(variant, settings):
    """The manager of a variant, or None with the reason why there is none here."""
    if variant.manager in _MANAGERS:
        manager = _MANAGERS[variant.manager](variant, settings)
        return manager, user_namespace.missing() or manager.missing()
    return None, _ELSEWHERE.get(variant.manager, "there is no process manager %s" % variant.manager)
