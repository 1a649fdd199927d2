import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bsdrc } from '../../../../src/backends/bsdrc/index.js';
import type { Account } from '../../../support/accounts.js';
import { repository } from '../../../support/repository.js';
import { makePlaceFor, type Place } from '../../support/script-service.js';

const support = join(repository, 'test', 'backends', 'bsdrc', 'support');

/** Puts stand-ins for what FreeBSD has below a directory: rc.subr, daemon, and freebsd/ for PATH. */
const installFreeBSD = (directory: string, place: string): void => {
  const install = (name: string, to: string): void => {
    writeFileSync(to, readFileSync(join(support, name), 'utf8').replaceAll('@PLACE@', place));
    chmodSync(to, 0o755);
  };
  install('rc.subr', join(directory, 'rc.subr'));
  install('daemon.py', join(directory, 'daemon'));
  const tools = join(directory, 'freebsd');
  mkdirSync(tools);
  install('freebsd-tool', join(tools, 'limits'));
  for (const name of ['setfib', 'protect', 'kldload', 'su']) symlinkSync('limits', join(tools, name));
};

/**
 * Makes a place for rc.d scripts, whose directories an account can write. There is no FreeBSD here: stand-ins lie in
 * PLACE/programs. Activities are called with "one" before them, unless they begin with "=".
 */
export const makePlace = async (owner?: Account): Promise<Place> => {
  const place = await makePlaceFor(
    {
      backend: bsdrc,
      argumentFor: (activity) => (activity.startsWith('=') ? activity.slice(1) : `one${activity}`),
      arguments: (path) => ({ outer: { rcSubr: join(path, 'programs', 'rc.subr') } }),
      tools: (path) => ({ daemon: join(path, 'programs', 'daemon') }),
    },
    owner,
  );
  installFreeBSD(join(place.path, 'programs'), place.path);
  return place;
};

/** What FreeBSD's tools were told, in order. */
export const traceOf = ({ path }: Place): readonly string[] => {
  try {
    return readFileSync(join(path, 'log', 'trace'), 'utf8')
      .trim()
      .split('\n');
  } catch {
    return [];
  }
};
