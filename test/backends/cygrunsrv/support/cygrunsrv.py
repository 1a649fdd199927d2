"""Stands for cygrunsrv and the services of Windows, and really runs them.

Called as `cygrunsrv.py DIRECTORY OPTION...`. DIRECTORY has a file for each service that is installed, with what it was
installed with, and one for each that runs, which a process writes that watches over it. Words and numbers are those of
cygrunsrv and of Windows.
"""
import json
import os
import signal
import sys
import time

directory, verb = sys.argv[1:3]
name = sys.argv[3] if len(sys.argv) > 3 else ""
services = os.path.join(directory, "services")
running = os.path.join(directory, "running")
for made in (services, running):
    os.makedirs(made, exist_ok=True)
doing = {"--install": "installing", "--start": "starting", "--stop": "stopping", "--remove": "removing"}


def fail(number, words):
    print(f"cygrunsrv: Error {doing[verb]} a service: OpenService:  Win32 error {number}:\n{words}", file=sys.stderr)
    sys.exit(1)


def read(place, service):
    try:
        with open(os.path.join(place, service)) as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def write(place, service, value):
    temporary = os.path.join(directory, f"{service}.{os.getpid()}")
    with open(temporary, "w") as file:
        json.dump(value, file)
    os.rename(temporary, os.path.join(place, service))


def split_arguments(line):
    """Splits --args as cygrunsrv does (eval_arglist): at spaces, and quotation marks are those at the begin of a word."""
    words = []
    while (line := line.lstrip(" ")) != "":
        quoted = line[0] in "'\""
        end = line.find(line[0] if quoted else " ", 1)
        end = len(line) if end < 0 else end
        words.append(line[1 if quoted else 0:end])
        line = line[end + 1:]
    return words


def parse(parameters):
    service = {"args": [], "env": {}, "dep": []}
    for option, value in zip(parameters[::2], parameters[1::2]):
        if option == "--args":
            service["args"] = split_arguments(value)
        elif option == "--env":
            variable, _, text = value.partition("=")
            service["env"][variable] = text
        elif option == "--dep":
            service["dep"].append(value)
        else:
            service[option[2:]] = value
    return service


def launch(service):
    child = os.fork()
    if child != 0:
        return child
    try:
        os.setsid()
        for option, number in (("stdout", 1), ("stderr", 2)):
            os.dup2(os.open(service[option], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        environment = {"PATH": "/usr/bin:/bin", **service["env"]}
        os.execve(service["path"], [service["path"], *service["args"]], environment)
    finally:
        os._exit(127)


def watch(service_name, service):
    """Is the process that the service is for Windows: it ends with the program that it has started."""
    child = launch(service)
    write(running, service_name, {"watcher": os.getpid(), "pid": child})
    number = getattr(signal, "SIG" + service.get("termsig", "TERM"))
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, number))
    os.waitpid(child, 0)
    os.unlink(os.path.join(running, service_name))
    os._exit(0)


def start(service_name):
    service = read(services, service_name)
    if service is None:
        fail(1060, "The specified service does not exist as an installed service.")
    if read(running, service_name) is not None:
        return 1056
    for dependency in service["dep"]:
        start(dependency)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3):
                os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            watch(service_name, service)
        os._exit(0)
    os.wait()
    time.sleep(0.3)
    return 0 if read(running, service_name) is not None else 1062


def end(service_name):
    found = read(running, service_name)
    if found is None:
        return
    os.kill(found["watcher"], signal.SIGTERM)
    while read(running, service_name) is not None:
        time.sleep(0.02)


if verb != "--list":
    with open(os.path.join(directory, "calls"), "a") as calls:
        calls.write(f"{verb} {name}\n")
installed = read(services, name) if name != "--verbose" else None
dependents = [
    other for other in os.listdir(running) if name in (read(services, other) or {"dep": []})["dep"]
]
if verb == "--list":
    for listed in sorted(os.listdir(services)):
        state = "Stopped" if read(running, listed) is None else "Running"
        for key, value in (("Service", listed), ("Current State", state)):
            sys.stdout.write(f"{key:<20}: {value}\r\n")
        sys.stdout.write("\r\n")
elif verb == "--install":
    if installed is not None:
        fail(1073, "The specified service already exists.")
    write(services, name, parse(sys.argv[4:]))
elif installed is None:
    fail(1060, "The specified service does not exist as an installed service.")
elif verb == "--start":
    error = start(name)
    if error == 1056:
        fail(1056, "An instance of the service is already running.")
    if error == 1062:
        fail(1062, "The service has not been started.")
elif verb in ("--stop", "--remove"):
    if dependents:
        fail(1051, "A stop control has been sent to a service that other running services are dependent on.")
    if verb == "--stop" and read(running, name) is None:
        fail(1062, "The service has not been started.")
    end(name)
    if verb == "--remove":
        os.unlink(os.path.join(services, name))
else:
    sys.exit(1)
