"""The driver's side of a machine: starts its keeper, and asks things of it."""

import json
import os
import select
import signal
import socket
import time

from . import kernel
from .inside import TIMED_OUT
from .keeper import Keeper


class MachineUnavailable(Exception):
    """The machine cannot be made, or has ended by itself."""


class Connection:
    """A machine that runs, with its keeper.

    :param settings: machine.settings.Settings
    :raises MachineUnavailable: with the kernel's words
    """

    def __init__(self, settings):
        self._settings = settings
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.keeper = os.fork()
        if self.keeper == 0:
            _become_keeper(settings, theirs)
        theirs.close()
        message = self._control.recv(1 << 16)
        answer = json.loads(message) if message else {"error": "its keeper has ended"}
        if "error" in answer:
            self._wait()
            raise MachineUnavailable(answer["error"])
        # The PID of the machine's first process, as the host sees it.
        self.init = answer["init"]

    def _wait(self):
        if self.keeper is not None:
            os.waitpid(self.keeper, 0)
            self.keeper = None

    def _ask(self, request, streams=()):
        """Sends a request; returns the descriptor that will have the answer."""
        file = os.memfd_create("request")
        read, write = os.pipe()
        try:
            os.pwrite(file, json.dumps(request).encode(), 0)
            socket.send_fds(self._control, [b"request"], [file, write, *streams])
        except OSError as error:
            os.close(read)
            raise MachineUnavailable("the machine has ended") from error
        finally:
            os.close(file)
            os.close(write)
        return read

    @staticmethod
    def _answer(descriptor):
        with os.fdopen(descriptor, "rb") as file:
            text = file.read()
        answer = json.loads(text) if text else {"error": "the machine has ended"}
        if "error" in answer:
            raise MachineUnavailable(answer["error"])
        return answer

    def run(self, argv, *, environment, cwd, stdout, stderr, stdin=None, user=None, timeout=None):
        """Runs a command to its end.

        :param stdout: descriptor of a file; what the command leaves running may go on writing there
        :param user: {"uid", "gid", "groups"}; root without it
        :param timeout: seconds, after which it is ended
        :returns: its exit code; 128 + N after signal N, 124 after a time-out
        """
        return self._answer(self.begin(argv, environment=environment, cwd=cwd, stdout=stdout, stderr=stderr,
                                       stdin=stdin, user=user, timeout=timeout))["status"]

    def begin(self, argv, *, environment, cwd, stdout, stderr, stdin=None, user=None, timeout=None):
        """The same without waiting: returns a descriptor to read from when it has ended."""
        nothing = os.open("/dev/null", os.O_RDONLY)
        try:
            return self._ask({"kind": "run", "argv": argv, "environment": environment, "cwd": cwd, "user": user,
                              "timeout": timeout}, [nothing if stdin is None else stdin, stdout, stderr])
        finally:
            os.close(nothing)

    def await_port(self, address, port, *, is_open, interval, timeout):
        """Waits until something listens at a port of the machine, or nothing does; whether it came to that in time."""
        request = {"kind": "port", "address": address, "port": port}
        return self._await(request, is_open, interval, timeout)

    def await_file(self, path, *, exists, interval, timeout):
        """Waits until there is a file in the machine; whether it came to that in time."""
        return self._await({"kind": "file", "path": path}, exists, interval, timeout)

    def _await(self, request, wanted, interval, timeout):
        request.update(wanted=wanted, interval=interval, timeout=timeout)
        return self._answer(self._ask(request))["status"] != TIMED_OUT

    def kill(self, orderly=False):
        """Ends all processes of the machine; its files stay until `end`.

        :param orderly: whether they are told to end, and have some seconds for it
        """
        self._answer(self._ask({"kind": "end", "orderly": orderly}))

    def boot(self):
        """Starts the first process again after `kill`, or after it has ended by itself."""
        self.init = self._answer(self._ask({"kind": "boot"}))["init"]

    def keep(self):
        """Lets the machine live on when the driver ends."""
        self._answer(self._ask({"kind": "keep"}))

    def end(self):
        """Takes the machine away; returns when nothing is left of it."""
        self._control.close()
        self._wait()

    def leave(self):
        """Leaves a machine that is kept to itself."""
        self._control.close()
        self.keeper = None


def _become_keeper(settings, control):
    """Never returns."""
    code = 1
    try:
        # Ctrl-C in a terminal is the driver's matter.
        os.setsid()
        nothing = os.open("/dev/null", os.O_RDONLY)
        os.dup2(nothing, 0)
        kept = control.fileno()
        os.closerange(3, kept)
        os.closerange(kept + 1, 1 << 16)
        kernel.set_process_name("machine-keeper")
        code = Keeper(settings, control).run()
    except BaseException:
        import traceback
        traceback.print_exc()
    finally:
        os._exit(code)


def wait_for(descriptor, seconds):
    """Whether a descriptor of `begin` has something to read within a time."""
    return bool(select.select([descriptor], [], [], seconds)[0])
