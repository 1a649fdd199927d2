#!/usr/bin/python3
"""A service to start and stop: service.py BEHAVIOUR PIDFILE [ARGUMENT...]

It writes to its output what happens to it, and takes HUP for a reload. Behaviours:
  foreground        stays where it is
  daemon            goes into the background, where it writes its PID file
  slow              a daemon that takes its time to write it
  forgetful         a daemon that never writes it
  stubborn          a daemon that ignores TERM
  lingering         a daemon that takes a second to end
  stubborn-foreground
  parent            in the foreground, with a child that outlives it if nobody ends it
  lending-foreground  with a child that has left its session, but holds its output open
  liar              a daemon that writes another PID, which is its next argument
  stubborn-parent   the same with a child that ignores TERM
  successor         a daemon that executes itself anew at USR2: another process writes the PID file
  broken            fails
"""
import os
import signal
import sys
import time

behaviour, pid_file = sys.argv[1:3]


def say(text):
    print(text, flush=True)


def write_pid_file(pid):
    with open(pid_file + ".new", "w") as file:
        file.write("%d\n" % pid)
    os.rename(pid_file + ".new", pid_file)


def into_background():
    if os.fork():
        os._exit(0)
    os.setsid()


def terminate(*_):
    if behaviour == "lingering":
        time.sleep(1)
    say("terminated")
    os._exit(0)


def succeed(*_):
    if os.fork() == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR2})
        os.execv(sys.argv[0], [sys.argv[0], "heir", *sys.argv[2:]])
    os._exit(0)


if behaviour == "broken":
    say("the port is in use")
    sys.exit(3)

if behaviour in ("daemon", "slow", "forgetful", "stubborn", "lingering", "successor", "liar"):
    into_background()
if behaviour.endswith("parent") and os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour.startswith("stubborn") else signal.SIG_DFL)
    say("the child is there")
    time.sleep(1000)
    sys.exit(0)

if behaviour == "lending-foreground" and os.fork() == 0:
    os.setsid()
    say("the child is there")
    time.sleep(1000)
    sys.exit(0)

signal.signal(signal.SIGHUP, lambda *_: say("reloaded"))
signal.signal(signal.SIGUSR2, succeed)
signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour in ("stubborn", "stubborn-foreground") else terminate)

say("started as %d" % os.getuid())
if behaviour == "slow":
    time.sleep(0.7)
if behaviour in ("daemon", "slow", "stubborn", "lingering", "successor", "heir"):
    write_pid_file(os.getpid())
if behaviour == "liar":
    write_pid_file(int(sys.argv[3]))
while True:
    signal.pause()
