"""The process that holds a machine: it makes the namespaces, starts what is PID 1 in there, and runs commands.

It talks with the driver over a socket. When the driver's end of that is closed, however the driver ended, the machine ends:
the kernel kills all that is in a PID namespace with its first process, and mounts go with the last process that sees them.

A request is a message with descriptors: the first is a file with the request as JSON, the second is where the answer is
written, one line of JSON; a command's three standard streams follow.
"""

import json
import os
import select
import signal
import socket
import time

from . import control_group, files, kernel, user_namespace
from .inside import TERMINATION_SECONDS, TIMED_OUT, become_command, become_init

_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET
_SHUTDOWN_SECONDS = 30


class _Command:
    """What runs in the machine on somebody's behalf."""

    def __init__(self, answer, timeout):
        self.answer = answer
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.timed_out = False


class Keeper:
    """The machine as its keeper sees it.

    :param settings: machine.settings.Settings
    :param control: the socket
    """

    def __init__(self, settings, control):
        self._settings = settings
        self._control = control
        self._group = None
        self._init = None
        self._commands = {}
        self._own_pids = None
        self._ends = False
        self._booted_before = False

    def run(self):
        """Makes the machine, serves until it is to end, and takes it away. Returns an exit code."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._end_soon)
        try:
            self._make()
            self._boot()
        except OSError as error:
            self._control.send(json.dumps({"error": str(error)}).encode())
            self._end()
            return 1
        self._control.send(json.dumps({"init": self._init}).encode())
        self._serve(wake_read)
        self._end()
        return 0

    def _end_soon(self, *_):
        self._ends = True

    def _make(self):
        settings = self._settings
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        if settings.by_root:
            kernel.unshare(kernel.CLONE_NEWNS)
        else:
            user_namespace.enter()
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        if settings.control_group != "no":
            try:
                self._group = control_group.ControlGroup.join("/run")
                kernel.unshare(kernel.CLONE_NEWCGROUP)
            except OSError:
                if settings.control_group == "needed":
                    raise
        kernel.unshare(_NAMESPACES & ~kernel.CLONE_NEWNS)
        kernel.bring_up_loopback()
        socket.sethostname("machine")
        root = settings.root_directory(settings)
        root.make()
        os.makedirs(root.path + "/.host", exist_ok=True)
        kernel.pivot_root(root.path, root.path + "/.host")
        os.chdir("/")
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_SHARED)
        try:
            kernel.mount("mqueue", "/dev/mqueue", "mqueue")
        except OSError:
            # Not every kernel has message queues.
            pass

    def _boot(self):
        """Starts the first process of the machine."""
        if self._booted_before:
            if not self._settings.by_root:
                # The namespace in which a second one could be made belongs to the host.
                raise OSError("a machine that an ordinary user has made cannot be started again")
            files.empty_volatile()
            # A process can make a second PID namespace only where its own is that of its children.
            kernel.enter_namespace(self._own_pids, kernel.CLONE_NEWPID)
        self._booted_before = True
        kernel.unshare(kernel.CLONE_NEWPID)
        ready_read, ready_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ready_read)
            try:
                become_init(self._settings, self._group is not None, ready_write)
            except BaseException as error:  # the parent has to know, whatever it is
                os.write(ready_write, str(error).encode())
            os._exit(1)
        os.close(ready_write)
        self._init = pid
        with os.fdopen(ready_read, "rb") as ready:
            problem = ready.read()
        if problem != b"ready":
            raise OSError("the first process of the machine: " + problem.decode(errors="replace"))

    def _serve(self, wake):
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(wake, select.POLLIN)
        while not self._ends:
            for descriptor, _ in poll.poll(self._patience()):
                if descriptor == wake:
                    os.read(wake, 4096)
                elif not self._answer_request():
                    if not self._settings.keep:
                        return
                    # A machine that is kept ends with its first process, or when it is told to.
                    poll.unregister(self._control)
            self._reap()
            self._end_overdue()
            if self._settings.keep and self._init is None:
                return

    def _patience(self):
        deadlines = [command.deadline for command in self._commands.values() if command.deadline is not None]
        return None if not deadlines else max(0, (min(deadlines) - time.monotonic()) * 1000 + 1)

    def _answer_request(self):
        """Takes one request; False when there will be no more."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 16, 5)
        except ConnectionError:
            return False
        if message == b"":
            return False
        with os.fdopen(descriptors[0], "rb") as file:
            request = json.loads(os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0))
        answer, streams = descriptors[1], descriptors[2:]
        kind = request["kind"]
        if kind == "keep":
            self._settings.keep = True
            _tell(answer, {})
        elif kind == "end":
            if request["orderly"]:
                self._shut_down()
            self._kill()
            _tell(answer, {})
        elif kind == "boot":
            self._answer_boot(answer)
        elif self._init is None:
            _tell(answer, {"error": "the machine does not run"})
        else:
            self._start(request, answer, streams)
        for stream in streams:
            os.close(stream)
        return True

    def _answer_boot(self, answer):
        try:
            if self._init is None:
                self._boot()
            _tell(answer, {"init": self._init})
        except OSError as error:
            _tell(answer, {"error": str(error)})

    def _start(self, request, answer, streams):
        pid = os.fork()
        if pid == 0:
            try:
                become_command(request, streams)
            except BaseException as error:
                # Standard error is the command's by then, if it has come to that.
                os.write(2, ("%s\n" % error).encode())
            os._exit(127)
        self._commands[pid] = _Command(answer, request.get("timeout"))

    def _reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._ended(pid, status)

    def _ended(self, pid, status):
        if pid == self._init:
            self._init = None
        command = self._commands.pop(pid, None)
        if command is not None:
            code = os.waitstatus_to_exitcode(status)
            # As a shell says it of a signal.
            code = TIMED_OUT if command.timed_out else code if code >= 0 else 128 - code
            _tell(command.answer, {"status": code})

    def _end_overdue(self):
        now = time.monotonic()
        for pid, command in self._commands.items():
            if command.deadline is not None and command.deadline <= now:
                _signal_session(pid, signal.SIGKILL if command.timed_out else signal.SIGTERM)
                command.timed_out = True
                command.deadline = now + TERMINATION_SECONDS

    def _shut_down(self):
        """Has the machine end by itself."""
        if self._init is None:
            return
        os.kill(self._init, self._settings.shutdown_signal)
        end = time.monotonic() + _SHUTDOWN_SECONDS
        while self._init is not None and time.monotonic() < end:
            self._reap()
            time.sleep(0.005)

    def _kill(self):
        """Ends everything in the machine."""
        if self._init is None:
            return
        os.kill(self._init, signal.SIGKILL)
        # The first process has ended when all others have, and those that we started have been waited for.
        while self._init is not None:
            self._ended(*os.waitpid(-1, 0))

    def _end(self):
        self._kill()
        while True:
            try:
                self._ended(*os.waitpid(-1, 0))
            except ChildProcessError:
                break
        if self._group is not None:
            self._group.remove()


def _tell(descriptor, answer):
    try:
        os.write(descriptor, json.dumps(answer).encode() + b"\n")
    except OSError:
        # Who asked does not wait any more.
        pass
    os.close(descriptor)


def _signal_session(pid, number):
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass
