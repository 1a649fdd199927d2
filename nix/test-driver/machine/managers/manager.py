"""What the driver has to know of each process manager."""

import os
import shutil

from ..captured import captured, text_of
from ..failures import RequestFailed


class Manager:
    """A process manager that needs nothing to be running: this tool runs its scripts.

    :param variant: machine.variant.Variant
    :param settings: machine.settings.Settings, which `configure` may change before the machine is made
    """

    def __init__(self, variant, settings):
        self.variant = variant
        self.settings = settings

    def missing(self):
        """Why it cannot be tried on this machine, in words; None if it can."""
        return None

    def configure(self):
        """Says what kind of machine it wants."""

    def start(self, machine):
        """Starts it in a machine that has just been made, or was started again. Returns when it can be talked to."""

    def environment(self):
        """Variables for the command that deploys, besides the usual ones."""
        return {}

    def log(self, machine, lines):
        """The last lines of the manager's own log; empty where it has none."""
        del machine, lines
        return []

    # -- for those that have something to start

    def program(self, name):
        """Where a program is, among those that commands in the machine find; None for nowhere."""
        return shutil.which(name, path=":".join(self.settings.path))

    def user(self):
        """Who deploys, for machine.connection.Connection; None for root."""
        if not self.variant.unprivileged:
            return None
        uid, gid = self.settings.owner
        return {"uid": uid, "gid": gid, "groups": self.settings.accounts.groups_of("unprivileged")}

    def variables(self):
        """All variables of whoever deploys."""
        if self.variant.unprivileged:
            usual = self.settings.environment("/home/unprivileged", "unprivileged")
        else:
            usual = self.settings.environment()
        return {**usual, **self.environment()}

    def home(self):
        """The working directory of whoever deploys."""
        return "/home/unprivileged" if self.variant.unprivileged else "/root"

    def run(self, machine, argv, timeout=60, as_root=False):
        """Runs a program as whoever deploys; returns what it printed.

        :raises RequestFailed: when it fails
        """
        output = captured()
        try:
            status = machine.connection.run(argv, environment=self.variables(), cwd=self.home(), stdout=output,
                                            stderr=output, user=None if as_root else self.user(), timeout=timeout)
            text = text_of(output)
        finally:
            os.close(output)
        if status != 0:
            raise RequestFailed("%s failed (exit code %d)" % (argv[0], status), " ".join(argv), status, text)
        return text

    def run_on(self, machine, argv):
        """Starts a program that goes on running, as whoever deploys; it prints into the log of the test.

        :returns: a descriptor that can be read from when it has ended
        """
        return machine.connection.begin(argv, environment=self.variables(), cwd=self.home(), stdout=1, stderr=2,
                                        user=self.user())
