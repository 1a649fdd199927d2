"""Users and groups of a machine: those that every system of this kind has, and those that a suite asks for.

Accounts of packages and people are left out, since a model may make one of the same name.
"""

# Accounts with numbers below are part of the system itself (Debian Policy, 9.2.2).
_SYSTEM_NUMBERS = 100
_KEPT_PREFIXES = ("systemd-", "nixbld", "_apt")
_KEPT_NAMES = ("messagebus", "nobody", "nogroup", "users", "nix-users", "polkitd")

UNPRIVILEGED = {"name": "unprivileged", "uid": 1000, "group": "users", "home": "/home/unprivileged",
                "shell": "/bin/bash", "extraGroups": ["systemd-journal"]}


def _is_kept(name, number):
    return int(number) < _SYSTEM_NUMBERS or name in _KEPT_NAMES or name.startswith(_KEPT_PREFIXES)


def _entries(text, fields):
    lines = [line.split(":") for line in text.splitlines()]
    return [line for line in lines if len(line) == fields and line[2].isdigit()]


class Accounts:
    """What is in /etc/passwd and its siblings, from what the host has there (texts), and the homes to be made."""

    def __init__(self, passwd, group):
        self._users = [entry for entry in _entries(passwd, 7) if _is_kept(entry[0], entry[2])]
        self._groups = [entry for entry in _entries(group, 4) if _is_kept(entry[0], entry[2])]
        # Members that are no more would be dangling names.
        known = {entry[0] for entry in self._users}
        for entry in self._groups:
            entry[3] = ",".join(member for member in entry[3].split(",") if member in known)
        self.homes = []

    def uid_and_gid(self, name):
        """The numbers of a user who is known; KeyError for one who is not."""
        for entry in self._users:
            if entry[0] == name:
                return int(entry[2]), int(entry[3])
        raise KeyError(name)

    def groups_of(self, name):
        """Numbers of all groups of a user."""
        own = self.uid_and_gid(name)[1]
        return [own] + [int(entry[2]) for entry in self._groups if name in entry[3].split(",") and int(entry[2]) != own]

    def add_group(self, name):
        """Its number; a group that is there is taken as it is."""
        for entry in self._groups:
            if entry[0] == name:
                return int(entry[2])
        number = 100 if name == "users" else self._free(self._groups, 400)
        self._groups.append([name, "x", str(number), ""])
        return number

    def add_user(self, user):
        """One of the users of a suite: name, and where they are said uid, group, home, shell, extraGroups, isNormalUser.

        One who is there already stays as they are, as an account that a package made would.
        """
        name = user["name"]
        if any(entry[0] == name for entry in self._users):
            return
        gid = self.add_group(user.get("group") or "users")
        uid = user.get("uid")
        if uid is None:
            uid = self._free(self._users, 1001 if user.get("isNormalUser") else 400)
        home = user.get("home") or "/var/empty"
        self._users.append([name, "x", str(uid), str(gid), "", home, user.get("shell") or "/bin/bash"])
        for group in user.get("extraGroups") or []:
            self.add_group(group)
            entry = next(entry for entry in self._groups if entry[0] == group)
            entry[3] = ",".join([member for member in entry[3].split(",") if member] + [name])
        if home != "/var/empty":
            self.homes.append((home, uid, gid))

    @staticmethod
    def _free(entries, start):
        taken = {int(entry[2]) for entry in entries}
        while start in taken:
            start += 1
        return start

    def files(self):
        """Names below /etc with their texts and modes. Nobody can log in by a password."""

        def text(entries):
            return "".join(":".join(entry) + "\n" for entry in entries)

        return {
            "passwd": (text(self._users), 0o644),
            "group": (text(self._groups), 0o644),
            "shadow": (text([[entry[0], "*", "19000", "0", "99999", "7", "", "", ""] for entry in self._users]), 0o640),
            "gshadow": (text([[entry[0], "*", "", entry[3]] for entry in self._groups]), 0o640),
            "subuid": ("unprivileged:100000:65536\n", 0o644),
            "subgid": ("unprivileged:100000:65536\n", 0o644),
        }
