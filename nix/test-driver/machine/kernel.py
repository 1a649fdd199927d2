"""System calls that Python offers only since 3.12, or not at all.

Each function raises OSError, with the name of the call and what it was about.
"""

import ctypes
import fcntl
import os
import socket
import struct

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_SHARED = 1 << 20
MNT_DETACH = 2

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15

# linux/sockios.h and net/if.h
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1

_libc = ctypes.CDLL(None, use_errno=True)
# The kernel reads all arguments as longs; ctypes would pass ints of half the size.
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.umount2.argtypes = (ctypes.c_char_p, ctypes.c_int)
_libc.unshare.argtypes = (ctypes.c_int,)
_libc.setns.argtypes = (ctypes.c_int, ctypes.c_int)
_libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)

# glibc has pivot_root(2) by name, musl has not.
_PIVOT_ROOT_NUMBERS = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "loongarch64": 41, "i686": 217, "armv7l": 218,
                       "ppc64le": 203, "s390x": 217}


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))


def mount(source, target, kind=None, flags=0, options=None):
    """mount(2)."""

    def text(value):
        return None if value is None else os.fsencode(value)

    result = _libc.mount(text(source), text(target), text(kind), flags, text(options))
    _check(result, "mount %s on %s" % (kind or source, target))


def unmount(target, flags=MNT_DETACH):
    """umount2(2)."""
    _check(_libc.umount2(os.fsencode(target), flags), "unmount %s" % target)


def unshare(flags):
    """unshare(2)."""
    _check(_libc.unshare(flags), "unshare namespaces")


def enter_namespace(descriptor, kind):
    """setns(2)."""
    _check(_libc.setns(descriptor, kind), "enter a namespace")


def pivot_root(new, old):
    """pivot_root(2): the root becomes `new`; the one before is at `old`, which is below it."""
    if hasattr(_libc, "pivot_root"):
        result = _libc.pivot_root(os.fsencode(new), os.fsencode(old))
    else:
        result = _libc.syscall(_PIVOT_ROOT_NUMBERS[os.uname().machine], os.fsencode(new), os.fsencode(old))
    _check(result, "make %s the root" % new)


def die_with_parent(signal_number):
    """Has the kernel send this process a signal when its parent ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl")


def set_process_name(name):
    """What ps(1) and /proc/PID/comm show."""
    buffer = ctypes.create_string_buffer(os.fsencode(name)[:15])
    _check(_libc.prctl(_PR_SET_NAME, ctypes.addressof(buffer), 0, 0, 0), "prctl")


def bring_up_loopback():
    """Lets this network namespace talk to itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as request:
        packed = fcntl.ioctl(request, _SIOCGIFFLAGS, struct.pack("16sh22x", b"lo", 0))
        flags = struct.unpack("16sh22x", packed)[1]
        fcntl.ioctl(request, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))
