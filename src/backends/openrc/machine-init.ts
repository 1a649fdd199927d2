import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootRequest, MachineInit } from '../../boot/boot-entry.js';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { explainFileError } from '../../state/file-errors.js';
import { replaceLink, requireWritable } from '../shared/boot-links.js';
import { shellQuote } from '../shared/shell-quote.js';
import { machine, softlevelFile } from './place.js';

/** The runlevel that machines are in when they have booted. */
const runlevel = 'default';

/** A service script (openrc-run(8)). Which services a machine has differs, so that it needs none. What it runs stops its processes itself, in order, when it is told to end. */
const scriptText = ({ description, script, log }: BootRequest): string => `#!/sbin/openrc-run

description=${shellQuote(description.replaceAll(/\s/g, ' '))}
supervisor=supervise-daemon
command=/bin/sh
command_args=${shellQuote(shellQuote(script))}
output_log=${shellQuote(shellQuote(log))}
error_log=${shellQuote(shellQuote(log))}
respawn_delay=5
respawn_max=5
respawn_period=300
retry=TERM/300/KILL/5

depend() {
    use net dns logger
    after localmount bootmisc
}
`;

/** OpenRC, which has started this machine. */
export const machineInit: MachineInit = {
  isInCharge: () => Promise.resolve(process.getuid?.() === 0 && existsSync(softlevelFile(machine))),
  entryFor: (request) => {
    const path = join(machine.scripts, request.name);
    const link = join(machine.runlevels, runlevel, request.name);
    const explained = (error: unknown): unknown => explainFileError(`The service ${path} cannot be changed`, error);
    return {
      place: path,
      isThere: () => Promise.resolve(existsSync(path) && existsSync(link)),
      check: async () => {
        await requireWritable(machine.scripts).catch((error: unknown) => {
          throw explained(error);
        });
      },
      write: async () => {
        await writeTextAtomically(path, scriptText(request), 0o755);
        await replaceLink(link, path).catch((error: unknown) => {
          throw explained(error);
        });
      },
      remove: async () => {
        try {
          await rm(link, { force: true });
          await rm(path, { force: true });
        } catch (error) {
          throw explained(error);
        }
      },
    };
  },
};
