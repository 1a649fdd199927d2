"""Runs the pieces of a suite's script, which share one set of global names as in one file, and says where one of them fails."""

import contextlib
import linecache
import textwrap

from .failures import RequestFailed
from .machine import TIMEOUT, Machine

# Of what a failing command has printed, the end.
_OUTPUT_LIMIT = 64 * 1024


class Log:
    """`log`, as scripts of NixOS' test driver know it."""

    @staticmethod
    def log(message):
        """Writes a line into the log of the test."""
        print(message, flush=True)

    info = warning = error = log

    @contextlib.contextmanager
    def nested(self, message):
        """Writes what is begun."""
        self.log(message)
        yield


class _Assertions:
    """`t` of a script: the assertions of unittest.TestCase. That module takes longer to load than all of the driver."""

    def __getattr__(self, name):
        import unittest

        case = unittest.TestCase()
        self.__dict__.update((method, getattr(case, method)) for method in dir(case) if not method.startswith("__"))
        return getattr(case, name)


class Script:
    """:param machine: machine.machine.Machine
    :param phases: machine.variant.Phase, in the order in which they run
    :param begin: is told of each phase before it begins
    """

    def __init__(self, machine, phases, begin):
        self._phases = phases
        self._begin = begin
        # The phase that runs, or failed.
        self.current = None
        log = Log()
        self.globals = {
            "__name__": "__main__",
            "machine": machine,
            "machines": [machine],
            "Machine": Machine,
            "log": log,
            "t": _Assertions(),
            "start_all": machine.start,
            "join_all": lambda: None,
            "subtest": _subtest(log),
            "retry": _retry(machine),
            "test_script": self.run,
        }

    def run(self):
        """Runs all phases; what one of them raises comes out as it is."""
        for phase in self._phases:
            self.current = phase
            self._begin(phase)
            name = _file_name(phase)
            text = textwrap.dedent(phase.script)
            # Tracebacks show the lines of what is in no file.
            linecache.cache[name] = (len(text), None, text.splitlines(True), name)
            exec(compile(text, name, "exec"), self.globals)
        self.current = None


def _file_name(phase):
    return "<%s>" % phase.title()


def _subtest(log):
    @contextlib.contextmanager
    def subtest(name):
        """Names a part of a test in the log."""
        with log.nested("subtest: " + name):
            try:
                yield
            except Exception as error:
                log.error('subtest "%s" failed: %s' % (name, error))
                raise

    return subtest


def _retry(machine):
    def retry(fn, timeout=TIMEOUT):
        """Calls a function until it returns something true; it is told whether this is the last time."""
        if not machine.wait(fn, timeout):
            raise RequestFailed("action timed out after %s seconds" % timeout)

    return retry


def describe(error, phase):
    """A failure of a phase as data: command, status, output, line and text of the line.

    :param error: what was raised
    :param phase: in which; None for before the script
    """
    import traceback

    line = text = None
    if phase is not None:
        line = _line_of(error, _file_name(phase))
        if line is not None:
            text = linecache.getline(_file_name(phase), line).strip()
    command = status = None
    output = ""
    if isinstance(error, RequestFailed):
        command, status, output = error.command, error.status, error.output
    message = str(error) if isinstance(error, RequestFailed) else "".join(
        traceback.format_exception_only(type(error), error)).strip()
    return {"message": message, "command": command, "status": status, "output": output[-_OUTPUT_LIMIT:],
            "line": line, "text": text}


def _line_of(error, name):
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    import traceback

    # The outermost: further down may be a function that an earlier piece has defined.
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == name:
            return line
    return None
