"""Tells whoever started the driver what happens: one JSON object a line, on a descriptor that they opened."""

import json
import os
import time


class Events:
    """:param descriptor: where to; None for nobody who listens"""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._begin = time.monotonic()

    def seconds(self):
        """Since the driver began."""
        return time.monotonic() - self._begin

    def send(self, event, **facts):
        """One event."""
        if self._descriptor is None:
            return
        line = json.dumps({"event": event, **facts}).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._descriptor, line):]
        except OSError:
            # Nobody listens any more; that the machine has to end comes by another way.
            self._descriptor = None

    def phase(self, name, instance=None):
        """What begins now."""
        print("== %s%s" % (name, "" if instance is None else " of " + instance), flush=True)
        self.send("phase", name=name, instance=instance, at=round(self.seconds(), 3))
