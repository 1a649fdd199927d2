"""What processes of the keeper become in the machine: its first process, and commands."""

import os
import signal
import socket
import time

from . import kernel

# How long something that was told to end has for it, before it is killed.
TERMINATION_SECONDS = 5
# The exit code of what took too long, as of timeout(1).
TIMED_OUT = 124


def _reset_signals():
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def become_init(settings, has_group, ready):
    """The first process of a machine: an init of its own, or one that waits for orphans."""
    kernel.die_with_parent(signal.SIGKILL)
    kernel.set_process_name("machine-init")
    os.setsid()
    _reset_signals()
    unsafe = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", "/proc", "proc", unsafe)
    if settings.protects_kernel:
        # What is written there would be the host's own settings.
        kernel.mount("/proc/sys", "/proc/sys", flags=kernel.MS_BIND)
        kernel.mount("/proc/sys", "/proc/sys", flags=kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY | unsafe)
        if os.path.exists("/proc/sysrq-trigger"):
            kernel.mount("/dev/null", "/proc/sysrq-trigger", flags=kernel.MS_BIND)
    if os.path.isdir("/.host"):
        kernel.mount("sysfs", "/sys", "sysfs", unsafe | kernel.MS_RDONLY)
        if has_group:
            kernel.mount("cgroup2", "/sys/fs/cgroup", "cgroup2", unsafe)
        kernel.unmount("/.host")
        os.rmdir("/.host")
    devices = os.open("/dev/null", os.O_RDWR)
    os.dup2(devices, 0)
    if settings.init is not None:
        os.write(ready, b"ready")
        os.closerange(3, 1 << 16)
        os.execve(settings.init[0], settings.init, settings.init_environment)
    awaited = {signal.SIGCHLD, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    os.write(ready, b"ready")
    os.closerange(3, 1 << 16)
    while True:
        _reap_orphans()
        if signal.sigwait(awaited) == signal.SIGTERM:
            _shut_down()


def _reap_orphans():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def _shut_down():
    """Ends the machine from inside; what does not end is killed with us."""
    end = time.monotonic() + TERMINATION_SECONDS
    try:
        os.kill(-1, signal.SIGTERM)
    except ProcessLookupError:
        pass
    while time.monotonic() < end and [name for name in os.listdir("/proc") if name.isdigit()] != ["1"]:
        _reap_orphans()
        time.sleep(0.01)
    os._exit(0)


def become_command(request, streams):
    """What the keeper was asked to run; returns only by an exception, for what cannot be run."""
    _reset_signals()
    os.setsid()
    if request["kind"] == "port":
        os._exit(_await(request, lambda: _port_answers(request["address"], request["port"])))
    if request["kind"] == "file":
        os._exit(_await(request, lambda: os.path.lexists(request["path"]) and os.path.exists(request["path"])))
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
    os.closerange(3, 1 << 16)
    os.umask(0o022)
    user = request.get("user")
    if user is not None:
        os.setgroups(user["groups"])
        os.setgid(user["gid"])
        os.setuid(user["uid"])
    os.chdir(request["cwd"])
    os.execvpe(request["argv"][0], request["argv"], request["environment"])


def _await(request, holds):
    end = time.monotonic() + request["timeout"]
    # The keeper ends commands that take too long; these do so by themselves.
    while holds() != request["wanted"]:
        if time.monotonic() >= end:
            return TIMED_OUT
        time.sleep(request["interval"])
    return 0


def _port_answers(address, port):
    try:
        with socket.create_connection((address, port), 10):
            return True
    except OSError:
        return False
