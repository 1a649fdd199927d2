"""What a command prints, in a file in memory rather than in a pipe: a service that the command leaves behind may hold it open
for as long as it likes."""

import fcntl
import os


def captured():
    """A descriptor of an empty file; who has it writes behind what is there."""
    descriptor = os.memfd_create("output")
    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
    return descriptor


def text_of(descriptor):
    """All that has been written to it."""
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")
