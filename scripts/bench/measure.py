# Runs a command; writes to file descriptor 3 what it cost, as JSON: seconds by the clock, seconds of processor time, and
# the peak memory in MB of its largest process. The latter two include all of its descendants that were waited for.
import json
import os
import sys
import time

started = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, 3)])
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - started
os.write(3, json.dumps({
    "exitCode": os.waitstatus_to_exitcode(status),
    "wall": wall,
    "cpu": usage.ru_utime + usage.ru_stime,
    "peak": usage.ru_maxrss / 1024,
}).encode())
