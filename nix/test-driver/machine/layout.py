"""What a machine's file system has, whoever makes it: decisions as data."""

import os

# Fresh in each machine; what the host has there is not seen.
FRESH = ("/run", "/tmp", "/var", "/dev", "/proc", "/sys", "/home/unprivileged")

# Of those, what programs of the host need to be what they are: host packages look up files of Debian's packages there.
ALWAYS_VISIBLE = ("/var/lib/dpkg",)

# Directories of a fresh /var, as a distribution makes them.
VAR_DIRECTORIES = {"cache": 0o755, "empty": 0o755, "lib": 0o755, "lib/misc": 0o755, "log": 0o755, "mail": 0o1777,
                   "opt": 0o755, "spool": 0o755, "tmp": 0o1777}
VAR_LINKS = {"run": "/run", "lock": "/run/lock"}

# Debian's sshd wants its directory, though it does not make it.
RUN_DIRECTORIES = {"lock": 0o1777, "sshd": 0o755, "user": 0o755}

# What the host has configured for itself: a service of a model would find it and take it for its own. The first are
# not there in a machine, the second are empty directories.
ABSENT = ("/root/.ssh", "/etc/mysql", "/etc/my.cnf", "/etc/supervisor/supervisord.conf", "/etc/supervisord.conf",
          "/etc/systemd-mutable", "/root/.config", "/root/.nix-profile", "/root/.local/state/nix")
EMPTY = ("/etc/systemd/system", "/etc/systemd/user")
# Links to init scripts of the host's services, which systemd would start as well; empty where they are there.
RUNLEVELS = tuple("/etc/rc%s.d" % level for level in "0123456S")

DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "fuse")
DEVICE_LINKS = {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}

HOSTS = "127.0.0.1 localhost machine\n::1 localhost ip6-localhost ip6-loopback\n"
# Any will do; programs want one that is well formed.
MACHINE_ID = "0123456789abcdef0123456789abcdef\n"

STANDARD_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def is_below(path, directory):
    """Whether a path is a directory or in it; both absolute, without `..`."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def outermost(paths):
    """Paths without those that are in another one of them, sorted."""
    result = []
    for path in sorted(set(paths)):
        if not any(is_below(path, other) for other in result):
            result.append(path)
    return result


def hidden(paths, fresh=FRESH):
    """Those that would not be seen in a machine, though they are there on the host."""
    return [path for path in outermost(paths) if any(is_below(path, one) for one in fresh) and os.path.exists(path)]


def prefix_of(directory):
    """The installation that a directory of programs belongs to: /opt/tool for /opt/tool/bin, as long as that is not a
    directory of everybody's."""
    parent = os.path.dirname(directory)
    if os.path.basename(directory) in ("bin", "sbin") and parent not in ("/", "/usr", "/usr/local") + FRESH:
        return parent
    return directory


def etc_files(accounts, path):
    """Files below /etc with their texts and modes.

    :param accounts: machine.accounts.Accounts
    :param path: directories of programs, for those who log in
    """
    files = dict(accounts.files())
    files.update({
        "fstab": ("", 0o644),
        "hostname": ("machine\n", 0o644),
        "hosts": (HOSTS, 0o644),
        "machine-id": (MACHINE_ID, 0o444),
        "profile.d/zz-nixproc-test.sh": ("PATH=%s\nexport PATH\n" % shell_quoted(":".join(path)), 0o644),
    })
    return files


def shell_quoted(text):
    """A word for a shell."""
    return "'" + text.replace("'", "'\\''") + "'"
