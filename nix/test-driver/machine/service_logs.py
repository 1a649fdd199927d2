"""The last lines that services printed, for who has to find out why a step failed."""

from .connection import MachineUnavailable
from .layout import shell_quoted

_LINES = 20
# Of more services than these, nobody reads the lines.
_MOST = 4


def collect(machine, manager, variant, instance, error):
    """Lines by service: that of the phase first, and those beside it.

    :returns: [{"name", "lines"}], without those that have nothing
    """
    names = variant.instances
    if instance in names:
        names = [instance] + [name for name in names if name != instance]
    result = []
    try:
        unit = getattr(error, "service", None)
        if unit is not None:
            _add(result, unit, _journal(machine, unit))
        for name in names[:_MOST]:
            _add(result, name, _of_instance(machine, manager, variant, name))
        _add(result, variant.manager, manager.log(machine, _LINES))
    except MachineUnavailable:
        # It is gone, and may be the very reason.
        pass
    return result


def _add(result, name, lines):
    if lines:
        result.append({"name": name, "lines": lines[-_LINES:]})


def _journal(machine, unit):
    return machine.execute("journalctl --no-pager -n %d -u %s" % (_LINES, shell_quoted(unit)))[1].splitlines()


def _of_instance(machine, manager, variant, name):
    """What our own command says, and files that the suite names."""
    lines = []
    if len(variant.deploy) >= 2:
        try:
            text = manager.run(machine, [*variant.deploy[:2], "logs", "-n", str(_LINES), name], timeout=30)
            lines += text.splitlines()
        except Exception as error:  # a deployment that failed may have no logs
            if isinstance(error, MachineUnavailable):
                raise
    for path in variant.log_files.get(name, []):
        text = machine.execute("tail -n %d -- %s 2>/dev/null" % (_LINES, shell_quoted(path)), timeout=30)[1]
        lines += text.splitlines()
    return lines
