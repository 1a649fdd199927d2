"""What one process of the driver is told: a variant, that is a suite for one process manager and one profile, as JSON."""

import json

FORMAT = 1
PHASES = ("initialTests", "readiness", "tests", "postTests")


class BadVariant(Exception):
    """The file is not what this version understands."""


class Phase:
    """A piece of the script: its name, the instance that it is about (None for all), and Python text."""

    def __init__(self, data):
        self.name = data["name"]
        self.instance = data.get("instance")
        self.script = data["script"]
        if self.name not in PHASES:
            raise BadVariant("there is no phase %s" % self.name)

    def title(self):
        """How tracebacks call it."""
        return self.name if self.instance is None else "%s of %s" % (self.name, self.instance)


class Variant:
    """See the attributes; docs/testing-services.md describes the file."""

    def __init__(self, data):
        if data.get("format") != FORMAT:
            raise BadVariant("the file has format %s; this version understands %d" % (data.get("format"), FORMAT))
        options = data.get("options") or {}
        self.name = data["name"]
        self.profile = data["profile"]
        self.manager = data["manager"]
        self.state_dir = data["params"]["stateDir"]
        self.runtime_dir = data["params"]["runtimeDir"]
        # Whether the user `unprivileged` deploys, rather than root.
        self.unprivileged = bool(data["params"].get("forceDisableUserChange"))
        self.packages = data.get("packages") or []
        self.users = data.get("users") or []
        self.deploy = data["deploy"]
        self.instances = [instance["name"] for instance in data.get("instances") or []]
        self.log_files = {instance["name"]: instance.get("logs") or [] for instance in data.get("instances") or []}
        self.phases = [Phase(phase) for phase in data["phases"]]
        self.keep = bool(options.get("keep"))
        self.interactive = bool(options.get("interactive"))
        # Seconds for all of it; None for as long as it takes.
        self.timeout = options.get("timeout")
        self.poll_interval = options.get("pollInterval") or 0.05
        # Paths of the host that the machine has to see, wherever they are.
        self.visible = options.get("visible") or []


def read(path):
    """Reads the file; raises BadVariant for one that is none, OSError for one that cannot be read."""
    with open(path, encoding="utf-8") as file:
        try:
            return Variant(json.load(file))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadVariant("%s is no variant: %r" % (path, error)) from error
