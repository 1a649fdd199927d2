import { existsSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootRequest, MachineInit } from '../../boot/boot-entry.js';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { explainFileError } from '../../state/file-errors.js';
import { requireWritable } from '../shared/boot-links.js';
import { shellQuote } from '../shared/shell-quote.js';
import { runlevelRegistry } from './runlevel-registry.js';

const runlevels = { runlevels: ['2', '3', '4', '5'], stopRunlevels: ['0', '1', '6'] };

/** Late, and ended early: what it starts may need anything of the machine. */
const sequence = { startSequence: '99', stopSequence: '01' };

/** An LSB init script (Linux Standard Base Core 5.0, 22.2 and 22.3) that starts another one in the background. */
const scriptText = ({ name, description, script, log }: BootRequest): string => `#!/bin/sh
### BEGIN INIT INFO
# Provides:          ${name}
# Required-Start:    $remote_fs $network
# Required-Stop:     $remote_fs $network
# Should-Start:      $syslog $named $time
# Should-Stop:       $syslog $named
# Default-Start:     ${runlevels.runlevels.join(' ')}
# Default-Stop:      ${runlevels.stopRunlevels.join(' ')}
# Short-Description: ${description.replaceAll(/\s/g, ' ')}
### END INIT INFO

pidfile=/run/${name}.pid
[ -d /run ] || pidfile=/var/run/${name}.pid

# A PID of before a reboot may be anybody's; only root can write that file.
runs() {
  pid=$(cat "$pidfile" 2>/dev/null) && [ -n "$pid" ] &&
    case $(ps -p "$pid" -o args= 2>/dev/null) in *nix-processmgmt-ts*) true ;; *) false ;; esac
}

start() {
  runs && return 0
  nohup /bin/sh ${shellQuote(script)} </dev/null >>${shellQuote(log)} 2>&1 &
  echo $! >"$pidfile"
}

# It ends when all of its processes have ended.
stop() {
  runs || return 0
  kill -TERM "$pid"
  while runs; do sleep 1; done
  rm -f "$pidfile"
}

case "\${1:-}" in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop && start ;;
  status) runs || exit 3 ;;
  *)
    echo "Usage: $0 {start|stop|restart|force-reload|status}" >&2
    exit 2
    ;;
esac
`;

/** System V init, or busybox's: both read /etc/inittab. An init script that it runs in its runlevels. */
export const machineInit: MachineInit = {
  isInCharge: ({ env }) =>
    Promise.resolve(
      process.getuid?.() === 0 &&
        ((env['SYSVINIT_TARGET_DIR'] ?? '') !== '' ||
          (existsSync('/etc/inittab') && !existsSync('/run/systemd/system') && !existsSync('/run/openrc'))),
    ),
  entryFor: (request, ports) => {
    const registry = runlevelRegistry(ports);
    const directory = join(registry.etc, 'init.d');
    const path = join(directory, request.name);
    const explained = (error: unknown): unknown => explainFileError(`The init script ${path} cannot be changed`, error);
    return {
      place: path,
      isThere: () => Promise.resolve(existsSync(path)),
      check: async () => {
        await requireWritable(directory).catch((error: unknown) => {
          throw explained(error);
        });
      },
      write: async () => {
        try {
          await mkdir(directory, { recursive: true });
          await writeTextAtomically(path, scriptText(request));
          await chmod(path, 0o755);
        } catch (error) {
          throw explained(error);
        }
        await registry.enable({ name: request.name, ...runlevels, ...sequence });
      },
      remove: async () => {
        if (!existsSync(path)) return;
        await registry.disable(request.name);
        await rm(path, { force: true }).catch((error: unknown) => {
          throw explained(error);
        });
      },
    };
  },
};
