"""Runs one variant: makes the machine, deploys, runs the script, takes the machine away."""

import json
import os
import signal
import stat
import sys
import threading
import time

from . import layout, script, variant as variants
from .connection import Connection, MachineUnavailable
from .events import Events
from .failures import RequestFailed
from .machine import Machine
from .managers import manager_of
from .service_logs import collect
from .settings import Settings

PASSED, FAILED, NOT_TRIED = "passed", "failed", "not-tried"
_UNAVAILABLE = "no machine can be made here: %s"
EXIT_CODES = {PASSED: 0, FAILED: 1, NOT_TRIED: 3}


class Stopped(BaseException):
    """Whoever started the driver wants it to end, or the time is over. No script catches it by mistake."""


class Run:
    """One run of one variant."""

    def __init__(self, variant, events, environment):
        self._variant = variant
        self._events = events
        self._settings = Settings(environment, variant.packages, variant.users, variant.unprivileged, _needed(variant))
        self._seconds = {}
        self._machine = None
        self._manager = None
        self._script = None
        # What is being done.
        self._step = None

    def run(self):
        """Runs it, whatever happens; returns the result."""
        result, reason = FAILED, None
        try:
            result, reason = self._attempt()
        except Stopped as stop:
            reason = "%s, in %s" % (stop, self._place())
        except Exception as error:  # a fault of the driver itself must not look like a machine that is still there
            _print_traceback(error)
            reason = "the test driver failed: %r" % error
        finally:
            _ignore_signals()
            self._timed("end", self._end)
        # Who sits at a prompt is told by whoever started the driver.
        if reason is not None and not self._variant.interactive:
            print("%s: %s" % (result, reason), flush=True)
        self._events.send("end", result=result, reason=reason,
                          seconds={name: round(value, 3) for name, value in self._seconds.items()})
        return result

    def _attempt(self):
        variant = self._variant
        self._manager, reason = manager_of(variant, self._settings)
        if reason is not None:
            return NOT_TRIED, reason
        self._manager.configure()
        self._machine = Machine(lambda: Connection(self._settings), self._settings, variant.poll_interval)
        try:
            self._timed("boot", self._machine.start)
        except MachineUnavailable as error:
            return NOT_TRIED, _UNAVAILABLE % error
        connection = self._machine.connection
        self._events.send("machine", keeper=connection.keeper, init=connection.init)
        self._script = runner = script.Script(self._machine, variant.phases,
                                              lambda phase: self._events.phase(phase.name, phase.instance))
        try:
            self._timed("manager", lambda: self._manager.start(self._machine))
            self._machine.after_restart.append(lambda: self._manager.start(self._machine))
            self._timed("deploy", self._deploy)
            if variant.interactive:
                _prompt(runner.globals)
                return NOT_TRIED, "the script was left to whoever sat at the prompt"
            self._timed("tests", runner.run, announce=False)
        except (Exception, SystemExit) as error:
            self._report(error, runner.current)
            return FAILED, None
        return PASSED, None

    def _place(self):
        phase = None if self._script is None else self._script.current
        return self._step if phase is None else phase.title()

    def _timed(self, name, action, announce=True):
        self._step = name
        if announce:
            self._events.phase(name)
        begin = time.monotonic()
        try:
            return action()
        finally:
            self._seconds[name] = time.monotonic() - begin

    def _deploy(self):
        output = self._manager.run(self._machine, self._variant.deploy, timeout=None)
        sys.stdout.write(output)

    def _report(self, error, phase):
        _print_traceback(error)
        facts = script.describe(error, phase)
        name = phase.name if phase is not None else next(reversed(self._seconds))
        instance = None if phase is None else phase.instance
        logs = collect(self._machine, self._manager, self._variant, instance, error)
        for log in logs:
            print("-- last lines of %s" % log["name"])
            print("\n".join(log["lines"]))
        if facts["output"]:
            print("-- output of the command\n" + facts["output"].rstrip("\n"))
        sys.stdout.flush()
        self._events.send("failure", phase=name, instance=instance, logs=logs, **facts)

    def _end(self):
        machine = self._machine
        if machine is None or machine.connection is None:
            return
        connection = machine.connection
        if self._variant.keep and machine.booted:
            try:
                connection.keep()
            except MachineUnavailable:
                connection.end()
                return
            enter = "nsenter --target %d --all --root --wd %s" % (connection.init, self._settings.shell())
            end = "kill %d" % connection.keeper
            print("the machine is kept.\n  enter it:    %s\n  take it away: %s" % (enter, end), flush=True)
            self._events.send("kept", enter=enter, end=end)
            connection.leave()
        else:
            connection.end()


def _needed(variant):
    """Paths of the host that the deployment itself needs: its programs, and the installations that they are in."""
    installations = [os.path.dirname(os.path.dirname(word)) for word in variant.deploy[:2] if word.startswith("/")]
    # This file is three directories below the installation.
    installations.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__)))))
    return [*variant.visible, *(path for path in installations if path not in ("/", *layout.FRESH))]


def _print_traceback(error):
    # Loaded by who fails: it takes as long as the rest of the driver.
    import traceback

    traceback.print_exception(type(error), error, error.__traceback__)


def _prompt(names):
    import code

    try:
        import readline
        import rlcompleter
        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    except ImportError:
        pass
    code.interact("`machine` is there; test_script() runs the suite's script, Ctrl-D ends the machine.", local=names,
                  exitmsg="")


def _stop_on(number, words):
    def handler(*_):
        raise Stopped(words)

    signal.signal(number, handler)


def _ignore_signals():
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def _watch_parent():
    """Has the driver end when whoever started it does, who holds the other end of standard input."""
    kind = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        return

    def watch():
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _check(variant, environment):
    """Prints why a variant cannot be tried here, as JSON: {"reason": null} for one that can."""
    settings = Settings(environment, variant.packages, variant.users, variant.unprivileged, _needed(variant))
    manager, reason = manager_of(variant, settings)
    if reason is None:
        manager.configure()
        try:
            Connection(settings).end()
        except MachineUnavailable as error:
            reason = _UNAVAILABLE % error
    print(json.dumps({"reason": reason}))
    return 0


def main(arguments, descriptor, environment):
    """Runs the variant that a file describes, or with --check tells whether it could be run here.

    :param descriptor: where events go, or None
    :returns: exit code: 0 passed, 1 failed, 2 nothing could be run, 3 not tried
    """
    only_check = arguments[:1] == ["--check"]
    if len(arguments) != 1 + only_check:
        print("usage: run.py [--check] VARIANT.json", file=sys.stderr)
        return 2
    try:
        variant = variants.read(arguments[-1])
    except (OSError, variants.BadVariant) as error:
        print("run.py: %s" % error, file=sys.stderr)
        return 2
    if only_check:
        return _check(variant, environment)
    _stop_on(signal.SIGINT, "interrupted")
    _stop_on(signal.SIGTERM, "told to end")
    _stop_on(signal.SIGHUP, "told to end")
    if variant.timeout is not None:
        _stop_on(signal.SIGALRM,
                 "it took longer than %s second%s" % (variant.timeout, "" if variant.timeout == 1 else "s"))
        signal.setitimer(signal.ITIMER_REAL, variant.timeout)
    run = Run(variant, Events(descriptor), environment)
    if not variant.interactive:
        _watch_parent()
    return EXIT_CODES[run.run()]
