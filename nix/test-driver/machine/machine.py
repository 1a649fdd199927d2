"""`machine`, as scripts of NixOS' test driver know it.

Names, arguments, results and time-outs are those of NixOS (nixos/lib/test-driver); waiting asks more often, since there is no
serial console in between. What needs a screen or a virtual machine's devices is not there.
"""

import contextlib
import os
import re
import shlex
import sys
import time

from . import copying
from .captured import captured, text_of
from .failures import RequestFailed

# What each waiting function has, unless it is told something else.
TIMEOUT = 900

# Where commands run, as in NixOS: what one leaves there the next one finds.
DIRECTORY = "/tmp"


class Machine:
    """One machine.

    :param start: makes a machine.connection.Connection, with whatever belongs to it
    :param settings: machine.settings.Settings
    :param interval: seconds between two looks of what waits
    """

    def __init__(self, start, settings, interval=0.05, name="machine"):
        self.name = name
        self.connection = None
        self._start = start
        self._settings = settings
        self._interval = interval
        self._killed = False
        # Called after a machine was started again: brings up its process manager.
        self.after_restart = []

    @property
    def booted(self):
        """Whether it runs."""
        return self.connection is not None and not self._killed

    # -- its life

    def start(self, allow_reboot=False):
        """Makes it run; does nothing when it does. After `crash` or `shutdown` its files are what they were."""
        del allow_reboot  # NixOS tells qemu of it; here a machine can always be started again.
        if self.booted:
            return
        if self.connection is None:
            self.connection = self._start()
        else:
            self.connection.boot()
            self._killed = False
            for action in self.after_restart:
                action()

    def shutdown(self):
        """Ends its processes in an orderly way: SIGTERM, and after five seconds SIGKILL."""
        if not self.booted:
            return
        self.connection.kill(orderly=True)
        self._killed = True

    def crash(self):
        """Ends it as a power cut does."""
        if not self.booted:
            return
        self.connection.kill()
        self._killed = True

    def reboot(self):
        """`shutdown` and `start`."""
        self.shutdown()
        self.start()

    def wait_for_shutdown(self):
        """Returns when it does not run: at once, since `shutdown` waits itself."""

    def is_up(self):
        """Whether it runs."""
        return self.booted

    # What NixOS calls a connection to the shell of the virtual machine.
    connect = start

    # -- commands

    def execute(self, command, check_return=True, check_output=True, timeout=TIMEOUT):
        """Runs a shell command as root.

        :returns: exit code and standard output. The code is that of timeout(1), 124, when it takes too long; it is -2
            with `check_return=False`
        """
        status, output, _ = self.run_shell(command, timeout)
        return (status if check_return else -2), (output if check_output else "")

    def run_shell(self, command, timeout=TIMEOUT):
        """Like `execute`, but returns exit code, standard output and standard error."""
        self.start()
        script = "set -euo pipefail\n" + command
        out, err = captured(), captured()
        try:
            status = self.connection.run(
                [self._settings.shell(), "-c", script], environment=self._settings.environment(), cwd=DIRECTORY,
                stdout=out, stderr=err, timeout=timeout)
            output, errors = text_of(out), text_of(err)
        finally:
            os.close(out)
            os.close(err)
        if errors:
            sys.stdout.write(errors if errors.endswith("\n") else errors + "\n")
            sys.stdout.flush()
        return status, output, errors

    def succeed(self, *commands, timeout=None):
        """Runs commands that have to succeed; returns what they printed, joined.

        :raises RequestFailed: for the first that does not
        """
        return self._each(commands, timeout, True)

    def fail(self, *commands, timeout=None):
        """Runs commands that have to fail; returns what they printed, joined.

        :raises RequestFailed: for the first that succeeds
        """
        return self._each(commands, timeout, False)

    def _each(self, commands, timeout, succeeds):
        result = ""
        for command in commands:
            with self.nested("must %s: %s" % ("succeed" if succeeds else "fail", command)):
                status, output, errors = self.run_shell(command, TIMEOUT if timeout is None else timeout)
                if (status == 0) != succeeds:
                    what = "failed (exit code %d)" % status if succeeds else "unexpectedly succeeded"
                    raise RequestFailed("command `%s` %s" % (command, what), command, status, output + errors)
                result += output
        return result

    def wait_until_succeeds(self, command, timeout=TIMEOUT):
        """Repeats a command until it succeeds; returns what it printed then."""
        return self._repeat(command, timeout, True)

    def wait_until_fails(self, command, timeout=TIMEOUT):
        """Repeats a command until it fails; returns what it printed then."""
        return self._repeat(command, timeout, False)

    def _repeat(self, command, timeout, succeeds):
        last = None

        def look(_last_try):
            nonlocal last
            last = self.run_shell(command, timeout)
            return (last[0] == 0) == succeeds

        with self.nested("waiting for %s: %s" % ("success" if succeeds else "failure", command)):
            if not self.wait(look, timeout):
                raise RequestFailed("command `%s` did not %s within %s seconds" % (
                    command, "succeed" if succeeds else "fail", timeout), command, last[0], last[1] + last[2])
        return last[1]

    def wait(self, look, timeout):
        """Calls a function until it returns something true, and a last time, which it is told; whether it did."""
        end = time.monotonic() + timeout
        while not look(False):
            if time.monotonic() >= end:
                return look(True)
            time.sleep(self._interval)
        return True

    # -- what there is

    def wait_for_open_port(self, port, addr="localhost", timeout=TIMEOUT):
        """Waits until something listens at a TCP port."""
        self._await_port(port, addr, timeout, True)

    def wait_for_closed_port(self, port, addr="localhost", timeout=TIMEOUT):
        """Waits until nothing listens at a TCP port."""
        self._await_port(port, addr, timeout, False)

    def _await_port(self, port, addr, timeout, is_open):
        wanted = "open" if is_open else "closed"
        self.start()
        with self.nested("waiting for TCP port %s on %s to be %s" % (port, addr, wanted)):
            if not self.connection.await_port(addr, int(port), is_open=is_open, interval=self._interval,
                                              timeout=timeout):
                raise RequestFailed("TCP port %s on %s is not %s after %s seconds" % (port, addr, wanted, timeout))

    def wait_for_open_unix_socket(self, addr, is_datagram=False, timeout=TIMEOUT):
        """Waits until something listens at a socket in the file system."""
        kind = "DGRAM" if is_datagram else "STREAM"
        program = "import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_%s).connect(sys.argv[1])" % kind
        self.wait_until_succeeds("%s -c %s %s 2>/dev/null" % (
            shlex.quote(sys.executable), shlex.quote(program), shlex.quote(addr)), timeout)

    def wait_for_file(self, filename, timeout=TIMEOUT):
        """Waits until there is a file, a socket or a directory of that name."""
        self.start()
        with self.nested("waiting for file '%s'" % filename):
            if not self.connection.await_file(filename, exists=True, interval=self._interval, timeout=timeout):
                raise RequestFailed("there is no file %s after %s seconds" % (filename, timeout))

    # -- systemd

    def systemctl(self, q, user=None):
        """Runs systemctl, for a user's own systemd with `user`; returns exit code and output."""
        if user is None:
            return self.execute("systemctl " + q)
        program = "XDG_RUNTIME_DIR=/run/user/`id -u` systemctl --user " + q
        return self.execute("su -l %s --shell /bin/sh -c %s" % (shlex.quote(user), shlex.quote(program)))

    def get_unit_info(self, unit, user=None):
        """The properties of a unit, as a dict."""
        status, lines = self.systemctl("--no-pager show %s" % shlex.quote(unit), user)
        if status != 0:
            raise RequestFailed("retrieving systemctl info for unit `%s`%s failed with exit code %d" % (
                unit, "" if user is None else " under user `%s`" % user, status), status=status, output=lines)
        return dict(match.groups() for match in re.finditer(r"^([^=\n]+)=(.*)$", lines, re.MULTILINE))

    def get_unit_property(self, unit, prop, user=None):
        """One property of a unit."""
        info = self.get_unit_info(unit, user)
        if prop not in info:
            raise RequestFailed("unit `%s` has no property `%s`" % (unit, prop))
        return info[prop]

    def wait_for_unit(self, unit, user=None, timeout=TIMEOUT):
        """Waits until a unit is active; fails when it has failed, or is inactive and nobody is about to start it."""

        def is_active(_last_try):
            state = self.get_unit_property(unit, "ActiveState", user)
            if state == "failed":
                raise RequestFailed('unit "%s" reached state "failed"' % unit, service=unit)
            if state == "inactive":
                status, jobs = self.systemctl("list-jobs --full 2>&1", user)
                if "No jobs" in jobs and self.get_unit_property(unit, "ActiveState", user) == state:
                    raise RequestFailed('unit "%s" is inactive and there are no pending jobs' % unit, status=status,
                                        service=unit)
            return state == "active"

        with self.nested("waiting for unit %s%s" % (unit, "" if user is None else " with user " + user)):
            if not self.wait(is_active, timeout):
                raise RequestFailed('unit "%s" is not active after %s seconds' % (unit, timeout), service=unit)

    def require_unit_state(self, unit, require_state="active"):
        """Fails unless a unit is in a state now."""
        with self.nested("checking if unit '%s' has reached state '%s'" % (unit, require_state)):
            state = self.get_unit_property(unit, "ActiveState")
            if state != require_state:
                raise RequestFailed("unit '%s' is in state '%s', not '%s'" % (unit, state, require_state), service=unit)

    def start_job(self, jobname, user=None):
        """`systemctl start`."""
        return self.systemctl("start " + jobname, user)

    def stop_job(self, jobname, user=None):
        """`systemctl stop`."""
        return self.systemctl("stop " + jobname, user)

    # -- files, and the log

    def copy_from_host(self, source, target):
        """Copies a file or a directory of the host into the machine."""
        source = os.path.abspath(source)
        self.start()
        with self.nested("copying %s to %s" % (source, target)):
            copying.into_machine(self._run_plain, source, target)

    # In NixOS the one goes through the store, the other through a shared directory.
    copy_from_host_via_shell = copy_from_host

    def copy_from_vm(self, source, target_dir=""):
        """Copies a file or a directory of the machine into $out, or the working directory."""
        self.start()
        directory = os.path.join(os.environ.get("out", os.getcwd()), target_dir)
        with self.nested("copying %s from the machine" % source):
            copying.from_machine(self._run_plain, source, directory)

    copy_from_machine = copy_from_vm

    def _run_plain(self, argv, stdin, stdout):
        """Runs a program with streams of one's own; raises RequestFailed when it fails."""
        err = captured()
        try:
            status = self.connection.run(argv, stdin=stdin, stdout=err if stdout is None else stdout, stderr=err,
                                         environment=self._settings.environment(), cwd=DIRECTORY, timeout=TIMEOUT)
            if status != 0:
                raise RequestFailed("%s failed (exit code %d)" % (argv[0], status), shlex.join(argv), status,
                                    text_of(err))
        finally:
            os.close(err)

    def sleep(self, secs):
        """Waits for a number of seconds."""
        time.sleep(secs)

    def log(self, msg):
        """Writes a line into the log of the test."""
        print("%s: %s" % (self.name, msg), flush=True)

    @contextlib.contextmanager
    def nested(self, msg):
        """Writes into the log what is begun, and how long it took."""
        self.log(msg)
        begin = time.monotonic()
        yield
        self.log("(finished: %s, in %.2f seconds)" % (msg, time.monotonic() - begin))
