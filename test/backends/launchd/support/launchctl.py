"""Stands for launchctl and launchd, which only macOS has: loads jobs, and really runs them.

Called as `launchctl.py DIRECTORY DOMAIN VERB ARGUMENT...`. DIRECTORY holds what is loaded, DOMAIN is the only domain that
there is. Each job has a process that watches over it: it starts the job's program, again by KeepAlive, and writes down what
`launchctl print` says of it. Words and numbers are those of macOS 13 to 26.
"""
import json
import os
import plistlib
import signal
import sys
import time

directory, own_domain, verb = sys.argv[1:4]
arguments = sys.argv[4:]
loaded = os.path.join(directory, "loaded")
os.makedirs(loaded, exist_ok=True)
# A job is not started again before, unless it is told to (launchd.plist(5), ThrottleInterval).
throttle = 10
# How long a job has to end (ExitTimeOut).
patience = 20


def fail(code, words):
    print(words, file=sys.stderr)
    sys.exit(code)


def path_of(label):
    return os.path.join(loaded, label)


def read(label):
    try:
        with open(path_of(label)) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def write(label, state):
    temporary = os.path.join(directory, f"{label}.{os.getpid()}")
    with open(temporary, "w") as file:
        json.dump(state, file)
    os.rename(temporary, path_of(label))


def launch(job):
    """Starts the program of a job, as launchd does; returns its PID."""
    child = os.fork()
    if child != 0:
        return child
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        for name, number in (("StandardOutPath", 1), ("StandardErrorPath", 2)):
            descriptor = os.open(job.get(name, os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(descriptor, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(job.get("WorkingDirectory", "/"))
        environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **job.get("EnvironmentVariables", {})}
        # Jobs ask the launchctl of macOS by its path whether others run.
        asked = os.path.join(directory, "bin", "launchctl")
        words = [word.replace("/bin/launchctl", asked) for word in job["ProgramArguments"]]
        os.execvpe(job.get("Program", words[0]), words, environment)
    finally:
        os._exit(78)


def watch(label, job):
    """Is the process that watches over a job, until it is told to unload it (SIGTERM)."""
    signals = {signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    keep = job.get("KeepAlive", False)
    pid, last, started = None, None, 0
    wanted = job.get("RunAtLoad", False) or keep is True
    while True:
        if pid is None and wanted:
            pid, started, wanted = launch(job), time.monotonic(), False
        write(label, {"watcher": os.getpid(), "pid": pid, "last": last})
        waits = last is not None and pid is None and (keep is True or (keep and last != 0))
        remaining = max(0.0, started + throttle - time.monotonic()) if waits else None
        if remaining is None:
            received = signal.sigwait(signals)
        else:
            information = signal.sigtimedwait(signals, remaining)
            received = None if information is None else information.si_signo
        if received is None or received == signal.SIGUSR1:
            wanted = pid is None
        elif received == signal.SIGCHLD and pid is not None:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended == pid:
                pid, last = None, os.waitstatus_to_exitcode(status)
        elif received == signal.SIGTERM:
            if pid is not None:
                os.kill(pid, signal.SIGTERM)
                end = time.monotonic() + patience
                while os.waitpid(pid, os.WNOHANG)[0] == 0:
                    if time.monotonic() > end:
                        os.kill(pid, signal.SIGKILL)
                    time.sleep(0.02)
            os.unlink(path_of(label))
            os._exit(0)


def bootstrap(file):
    with open(file, "rb") as opened:
        job = plistlib.load(opened)
    label = job["Label"]
    if read(label) is not None:
        fail(5, "Bootstrap failed: 5: Input/output error\nTry re-running the command as root for richer errors.")
    write(label, {"watcher": None, "pid": None, "last": None})
    if os.fork() != 0:
        os.wait()
        return
    os.setsid()
    if os.fork() == 0:
        # Nobody waits for what it has open.
        for number in range(3):
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        watch(label, job)
    os._exit(0)


def shown(label, state):
    last = state["last"]
    ended = "(never exited)" if last is None else str(last)
    lines = [f"{own_domain}/{label} = {{", f"\tstate = {'not running' if state['pid'] is None else 'running'}"]
    if state["pid"] is not None:
        lines.append(f"\tpid = {state['pid']}")
    lines.append(f"\tlast terminating signal = Signal: {-last}" if last and last < 0 else f"\tlast exit code = {ended}")
    return "\n".join([*lines, "}"])


def show(target):
    if target == own_domain:
        print(f"{own_domain} = {{\n\tservices = {{")
        for label in sorted(os.listdir(loaded)):
            state = read(label)
            if state is not None:
                last = "-" if state["last"] is None else state["last"]
                print(f"\t\t{state['pid'] or 0:8} {last:>6} \t{label}")
        print("\t}\n}")
        return
    domain, _, label = target.rpartition("/")
    if domain in ("gui", "user") or target == "system":
        fail(125, "Could not print domain: 125: Domain does not support specified action")
    state = read(label) if domain == own_domain else None
    if state is None:
        fail(113, f'Bad request.\nCould not find service "{label}" in domain for {domain}')
    print(shown(label, state))


with open(os.path.join(directory, "calls"), "a") as calls:
    calls.write(" ".join([verb, *arguments]) + "\n")
if verb == "print":
    show(arguments[0])
elif verb == "bootstrap":
    if arguments[0] != own_domain:
        fail(125, "Bootstrap failed: 125: Domain does not support specified action")
    bootstrap(arguments[1])
elif verb in ("enable", "print-disabled"):
    print("\tdisabled services = {\n\t}")
elif verb in ("bootout", "kickstart", "kill"):
    domain, _, name = arguments[-1].rpartition("/")
    job = read(name) if domain == own_domain else None
    if job is None:
        fail(3, "Boot-out failed: 3: No such process") if verb == "bootout" else fail(113, "Could not find service")
    if verb == "kill":
        os.kill(job["pid"], getattr(signal, f"SIG{arguments[0]}"))
    elif job["watcher"] is not None:
        os.kill(job["watcher"], signal.SIGTERM if verb == "bootout" else signal.SIGUSR1)
    # launchd answers a bootout when the job has ended, and a kickstart when it has begun.
    while verb == "bootout" and read(name) is not None:
        time.sleep(0.02)
    while verb == "kickstart" and (read(name) or {"pid": 0})["pid"] is None:
        time.sleep(0.02)
else:
    fail(64, f"Unrecognized subcommand: {verb}")
