import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { RunResult } from '../../system/ports.js';
import type { Programs } from './programs.js';

/** The services of the live database, by what s6-rc wants them to be. */
export interface Services {
  readonly up: ReadonlySet<string>;
  readonly down: ReadonlySet<string>;
}

export const noServices: Services = { up: new Set(), down: new Set() };

/**
 * Milliseconds that s6-rc gets for a whole transition. Services have limits of their own, which are shorter; this one is
 * for those that have none.
 */
const patience = 300_000;
const limit = ['-t', String(patience)];

/** What s6-rc needs itself, and has supervised beside the services of a database. */
export const ownLongruns = ['s6rc-fdholder', 's6rc-oneshot-runner'] as const;

const linkTarget = (path: string): Promise<string | null> => readlink(path).catch(() => null);

/** What s6-rc-init made and s6-rc works on: a live database, and a service directory for each longrun. */
export interface LiveState {
  readonly path: string;
  /** The database that is live; null when there is no live directory. */
  database(): Promise<string | null>;
  /** Where s6-svscan runs that supervises its longruns; null when there is no live directory. */
  scanDirectory(): Promise<string | null>;
  serviceDirectory(service: string): string;
  /** Names of the longruns, those of s6-rc itself included. */
  longruns(): Promise<readonly string[]>;
  /** Both lists in one call. Null: s6-rc cannot read the database, since another version of it made it. */
  services(): Promise<Services | null>;
  /** Makes a live directory in which everything is down; s6-svscan has to run already. */
  init(database: string, scanDirectory: string, prefix: string | null): Promise<void>;
  /** Brings services up with all that they depend on, or down with all that depends on them. */
  change(direction: 'up' | 'down', services: readonly string[], essentialToo: boolean): Promise<RunResult>;
  /** Replaces the live database; longruns that are in both keep running. */
  update(database: string): Promise<RunResult>;
  /** Replaces the live database by one of the same services in the format of this s6-rc. */
  upgradeFormat(database: string): Promise<RunResult>;
}

export const liveState = (live: string, programs: Programs): LiveState => ({
  path: live,
  database: () => linkTarget(join(live, 'compiled')),
  scanDirectory: () => linkTarget(join(live, 'scandir')),
  serviceDirectory: (service) => join(live, 'servicedirs', service),
  longruns: async () =>
    (await readdir(join(live, 'servicedirs')).catch(() => [])).filter((name) => !name.startsWith('.')),
  services: async () => {
    const { exitCode, stdout, stderr } = await programs.shell(
      's6-rc -b -l "$1" -a list && echo / && s6-rc -b -l "$1" -da list',
      [live],
    );
    if (exitCode === 4) return null;
    if (exitCode !== 0) {
      throw new ManagerUnavailableError({
        what: `s6-rc cannot tell the state of the services in ${live}`,
        why: stderr.trim() === '' ? `It ended with exit code ${exitCode}` : stderr.trim(),
        fix: 'Run the command as the user that deployed them',
      });
    }
    // No service has a slash in its name.
    const [up = '', down = ''] = stdout.split('/\n');
    const namesIn = (text: string): ReadonlySet<string> => new Set(text.split('\n').filter((name) => name !== ''));
    return { up: namesIn(up), down: namesIn(down) };
  },
  init: async (database, scanDirectory, prefix) => {
    const { exitCode, stderr } = await programs.run(
      's6-rc-init',
      [...['-t', '60000', '-c', database, '-l', live], ...(prefix === null ? [] : ['-p', prefix]), scanDirectory],
      { atMost: 60_000 },
    );
    if (exitCode !== 0) {
      throw new ManagerUnavailableError({
        what: `s6-rc-init could not make ${live}`,
        why: stderr.trim() === '' ? `It ended with exit code ${exitCode}` : stderr.trim(),
        fix: `See whether s6-svscan runs on ${scanDirectory}`,
      });
    }
  },
  change: (direction, services, essentialToo) =>
    programs.run(
      's6-rc',
      [
        ...['-b', '-l', live, ...limit],
        direction === 'up' ? '-u' : essentialToo ? '-D' : '-d',
        ...['change', ...services],
      ],
      { atMost: patience },
    ),
  update: (database) => programs.run('s6-rc-update', ['-b', '-l', live, ...limit, database], { atMost: patience }),
  upgradeFormat: (database) =>
    programs.run('s6-rc-format-upgrade', ['-b', '-l', live, ...limit, database], { atMost: patience }),
});
