"""How a step of a script fails."""


class RequestFailed(Exception):
    """A step of a script did not do what it was to do.

    Attributes: command (None where there is none), status, output, service (a unit's name, or None).
    """

    def __init__(self, message, command=None, status=None, output="", service=None):
        super().__init__(message)
        self.command = command
        self.status = status
        self.output = output
        self.service = service
