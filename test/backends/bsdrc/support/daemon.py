#!/usr/bin/python3
"""A stand-in for daemon(8) of FreeBSD, written after its manual page: daemon [-f] [-p FILE] [-o FILE] [--] COMMAND..."""
import getopt
import os
import signal
import sys

options, command = getopt.getopt(sys.argv[1:], "fp:o:")
options = dict(options)
pid_file = os.open(options["-p"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) if "-p" in options else None
output = os.open(options.get("-o", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
if os.fork():
    os._exit(0)
os.setsid()
if "-f" in options:
    for number in range(3):
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
child = os.fork()
if child == 0:
    os.dup2(output, 1)
    os.dup2(output, 2)
    try:
        os.execvp(command[0], command)
    finally:
        os._exit(1)
if pid_file is not None:
    os.write(pid_file, b"%d" % child)
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
os.waitpid(child, 0)
if pid_file is not None:
    os.unlink(options["-p"])
