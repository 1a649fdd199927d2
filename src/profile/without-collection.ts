import { once } from 'node:events';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dir } from 'tmp-promise';
import { temporaryOptions } from '../state/temporary-names.js';
import type { Ports } from '../system/ports.js';

/*
 * Between two commands of Nix nothing keeps what the first one has put into the store: a collection of garbage at this moment
 * takes derivations and sources that the second one needs. Nix' own commands keep a collection from beginning by a shared
 * lock of a file (flock(2)); so can whoever may write to it. Whoever talks to a daemon may not.
 */

/** How long a collection that is at work may take, in seconds. */
const patience = 600;

const lockFile = (env: Ports['env']): string | null => {
  if (env['NIX_REMOTE'] === 'daemon') return null;
  const file = join(env['NIX_STATE_DIR'] ?? '/nix/var/nix', 'gc.lock');
  try {
    accessSync(file, constants.W_OK);
    return file;
  } catch {
    return null;
  }
};

/** Whether something that an evaluation has put into the store is not there any more. */
export const wasCollected = (paths: readonly string[]): boolean => paths.some((path) => !existsSync(path));

/**
 * Does something while no collection of garbage can begin, as far as that is in our power. Nix is told not to collect by
 * itself meanwhile (min-free): it would wait for us.
 */
export const withoutCollection = async <Result>(
  ports: Ports,
  work: (ports: Ports) => Promise<Result>,
): Promise<Result> => {
  const file = lockFile(ports.env);
  if (file === null) return work(ports);
  const { path: directory, cleanup } = await dir(temporaryOptions());
  const held = join(directory, 'held');
  const over = new AbortController();
  const end = new AbortController();
  const holder = ports
    .run({
      file: 'flock',
      args: ['--shared', '--wait', String(patience), file, 'sh', '-c', ': >"$1"; exec cat >/dev/null', 'sh', held],
      input: async () => {
        await once(end.signal, 'abort');
        return '';
      },
    })
    // Without such a program, or the right to use it, there is nothing to hold.
    .catch(() => undefined)
    .finally(() => {
      over.abort();
    });
  try {
    while (!existsSync(held) && !over.signal.aborted) await sleep(10);
    const settings = [ports.env['NIX_CONFIG'], 'min-free = 0'].filter((text) => text !== undefined && text !== '');
    const env = { NIX_CONFIG: settings.join('\n') };
    return await work({ ...ports, run: (request) => ports.run({ ...request, env: { ...env, ...request.env } }) });
  } finally {
    end.abort();
    await holder;
    await cleanup();
  }
};
