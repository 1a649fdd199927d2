"""All that a keeper has to know to make a machine."""

import os
import shutil
import signal

from . import layout
from .accounts import UNPRIVILEGED, Accounts
from .root_directory import RootDirectory
from .store import StorePlaces, environment_of
from .user_root_directory import FRESH as FRESH_OF_USERS
from .user_root_directory import UserRootDirectory


def _text_of(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


class Settings:
    """See the attributes.

    :param environment: variables of who calls the driver
    :param packages: store paths whose programs commands find first
    :param users: of the suite; see machine.accounts
    :param unprivileged: whether the user `unprivileged` deploys
    :param visible: paths of the host that a machine has to see, wherever they are
    """

    def __init__(self, environment, packages=(), users=(), unprivileged=False, visible=()):
        callers = [entry for entry in environment.get("PATH", "").split(":") if entry.startswith("/")]
        programs = ["%s/%s" % (package, directory) for package in packages for directory in ("bin", "sbin")]
        # Directories of programs, in order: those of the suite, those of the caller, those of every system.
        self.path = list(dict.fromkeys([entry for entry in programs if os.path.isdir(entry)] + callers
                                       + list(layout.STANDARD_PATH)))
        self.accounts = Accounts(_text_of("/etc/passwd"), _text_of("/etc/group"))
        for user in [UNPRIVILEGED, *users]:
            self.accounts.add_user(user)
        # The user who deploys, as uid and gid.
        self.owner = self.accounts.uid_and_gid("unprivileged") if unprivileged else (0, 0)
        self.places = StorePlaces(environment)
        # Whether root makes the machine; anybody else does so in a user namespace.
        self.by_root = os.geteuid() == 0
        fresh = layout.FRESH if self.by_root else FRESH_OF_USERS
        self.visible = layout.hidden([*visible, *layout.ALWAYS_VISIBLE,
                                      *(layout.prefix_of(entry) for entry in callers)], fresh)
        # Directories of the store that are where a machine has something fresh.
        self.store_copies = layout.hidden(self.places.roots())
        self.nix_environment = environment_of(environment)
        self.root_directory = RootDirectory if self.by_root else UserRootDirectory
        # argv of a program that is to be the first process; None for one that only waits for orphans.
        self.init = None
        self.init_environment = {}
        # What has the first process end the machine in an orderly way.
        self.shutdown_signal = signal.SIGTERM
        # "no", "wanted" or "needed".
        self.control_group = "wanted" if self.by_root else "no"
        # Whether kernel settings are read-only; Podman as an ordinary user cannot live with it, and nobody else may write
        # them in a user namespace.
        self.protects_kernel = self.by_root
        # Called with the machine's root directory before anybody is in there.
        self.prepare = []
        self.keep = False

    def shell(self):
        """bash(1), which runs a suite's commands."""
        return shutil.which("bash") or "/bin/sh"

    def environment(self, home="/root", user="root"):
        """Variables of a command."""
        return {"PATH": ":".join(self.path), "HOME": home, "USER": user, "LOGNAME": user, "SHELL": "/bin/bash",
                "LANG": "C.UTF-8", **self.nix_environment}
