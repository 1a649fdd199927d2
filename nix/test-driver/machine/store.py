"""The Nix store of a machine: the caller's, over which the machine writes its own."""

import os
import shutil
import time

from . import files, kernel
from .layout import is_below, outermost

_VARIABLES = {"NIX_STORE_DIR": "/nix/store", "NIX_STATE_DIR": "/nix/var/nix", "NIX_LOG_DIR": "/nix/var/log/nix"}


class StorePlaces:
    """Where Nix has its files.

    :param environment: variables of the caller, of which Nix' own count
    """

    def __init__(self, environment):
        values = {name: os.path.realpath(environment.get(name) or default) for name, default in _VARIABLES.items()}
        self.store = values["NIX_STORE_DIR"]
        self.state = values["NIX_STATE_DIR"]
        self.log = values["NIX_LOG_DIR"]

    def roots(self):
        """Directories that hold all of it: /nix alone where everything is there."""
        places = [place for place in (self.store, self.state, self.log) if os.path.isdir(place)]
        if all(is_below(place, "/nix") for place in places):
            return ["/nix"] if places else []
        return outermost(places)


def copy_database(source, target):
    """Copies Nix' database while others may write to it.

    SQLite's journal is copied along, so that what is not yet in the database itself is not lost. When one of the two
    has changed meanwhile, the copy is made again.

    :param source: the host's directory of the database; read only
    :param target: an existing directory, in which files of that name are replaced
    """

    def facts(name):
        try:
            status = os.stat(os.path.join(source, name))
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    names = ("db.sqlite", "db.sqlite-wal")
    for _ in range(50):
        before = [facts(name) for name in names]
        for name, fact in zip(names, before):
            files.remove(os.path.join(target, name))
            if fact is not None:
                try:
                    shutil.copyfile(os.path.join(source, name), os.path.join(target, name))
                except FileNotFoundError:
                    break
        if before == [facts(name) for name in names]:
            break
        time.sleep(0.02)
    # An index of the journal, which SQLite makes anew.
    files.remove(os.path.join(target, "db.sqlite-shm"))


def fill_state(root, places, host, owner):
    """Makes the caller's state of Nix the machine's own.

    :param root: the machine's root directory
    :param places: StorePlaces
    :param host: translates a path of the host to where it can be read
    :param owner: uid and gid of who deploys
    """
    state = root + places.state
    if not os.path.isdir(state):
        return
    database = os.path.join(state, "db")
    if os.path.isdir(os.path.join(host(places.state), "db")):
        files.make_directories(database)
        copy_database(os.path.join(host(places.state), "db"), database)
    # A daemon of the host would write into the host's store.
    files.remove(os.path.join(state, "daemon-socket"))
    if owner != (0, 0):
        _give(root, places, owner)


def _give(root, places, owner):
    """Gives the store to one user, who then is its only one, as in an installation of Nix without a daemon."""
    store = root + places.store
    state = root + places.state
    for path in (store, os.path.join(store, ".links"), state):
        if os.path.isdir(path):
            os.chown(path, *owner)
    for name in os.listdir(state):
        if name != "profiles":
            os.chown(os.path.join(state, name), *owner, follow_symlinks=False)
    for name in ("db", "gcroots", "temproots", "userpool"):
        directory = os.path.join(state, name)
        if os.path.isdir(directory):
            for entry in os.listdir(directory):
                os.chown(os.path.join(directory, entry), *owner, follow_symlinks=False)


def make_own(root, places, scratch, owner):
    """Gives the machine profiles of its own, since what the host has deployed does not run in there, and logs of builds.

    :param scratch: a directory for them
    """
    if not os.path.isdir(root + places.state):
        return
    for name, directory in (("profiles", places.state + "/profiles"), ("build-logs", places.log)):
        own = os.path.join(scratch, name)
        files.make_directory(own, 0o755, owner)
        files.bind(own, root + directory)
    files.make_directory(os.path.join(scratch, "profiles/per-user"), 0o1777, owner)


def environment_of(caller):
    """Nix' variables for the machine, from those of the caller."""
    result = {name: value for name, value in caller.items() if name.startswith("NIX_")}
    # There is no daemon in the machine, and profiles are the machine's own.
    for name in ("NIX_REMOTE", "NIX_USER_PROFILE_DIR", "NIX_PROFILES"):
        result.pop(name, None)
    result["NIX_REMOTE"] = "local"
    return result
