import type { Manifest, ManifestUnit } from '../profile/manifest.js';
import type { Json } from '../system/json.js';
import type { Conflict } from './conflict.js';

type Unit = Pick<ManifestUnit, 'instance' | 'port' | 'ownNetwork' | 'activation' | 'properties' | 'credentials'>;

/** How every fix ends that may be wrong. */
export const overriding = 'or, if you know better, add --allow-conflicts';

/** Every two units of which `keyOf` says the same: the first with each later one. */
const pairsBy = <Key>(
  units: readonly Unit[],
  keyOf: (unit: Unit) => readonly Key[],
): readonly (readonly [Unit, Unit, Key])[] => {
  const first = new Map<Key, Unit>();
  return units.flatMap((unit) =>
    [...new Set(keyOf(unit))].flatMap((key) => {
      const other = first.get(key);
      if (other === undefined) first.set(key, unit);
      return other === undefined ? [] : [[other, unit, key] as const];
    }),
  );
};

const portsOf = ({ port, ownNetwork }: Unit): readonly number[] => (port === null || ownNetwork === true ? [] : [port]);

/** The file that a manager knows a process by, if it is one that does. */
export const pidFileOf = ({ activation }: Pick<Unit, 'activation'>): string | null =>
  typeof activation['pidFile'] === 'string' ? activation['pidFile'] : null;

const samePort = (units: readonly Unit[]): readonly Conflict[] =>
  pairsBy(units, portsOf).map(([one, other, port]) => ({
    severity: 'error',
    kind: 'port',
    instances: [one.instance, other.instance],
    what: `Process instances "${one.instance}" and "${other.instance}" have the same port ${port}`,
    why: 'Only one of them can listen at it',
    fix: `Give one of them another port; ${overriding} (they may listen at different addresses)`,
  }));

const samePidFile = (units: readonly Unit[]): readonly Conflict[] =>
  pairsBy(units, (unit) => [pidFileOf(unit)].filter((file) => file !== null)).map(([one, other, file]) => ({
    severity: 'error',
    kind: 'pid-file',
    instances: [one.instance, other.instance],
    what: `Process instances "${one.instance}" and "${other.instance}" have the same PID file ${file}`,
    why: 'They would be taken for each other: one would count as started as soon as the other is',
    fix: `Give each its own instanceName or pidFile; ${overriding}`,
  }));

const sameHome = (units: readonly Unit[]): readonly Conflict[] => {
  const owners = new Map<string, { readonly user: string; readonly instance: string }>();
  return units.flatMap(({ instance, credentials }) =>
    credentials.users.flatMap(({ name, homeDir, createHomeDir }): readonly Conflict[] => {
      if (homeDir === null || !createHomeDir) return [];
      const other = owners.get(homeDir);
      if (other === undefined) owners.set(homeDir, { user: name, instance });
      if (other === undefined || other.user === name) return [];
      return [
        {
          severity: 'warning',
          kind: 'directory',
          instances: [other.instance, instance],
          what: `The users "${other.user}" and "${name}" have the same home directory ${homeDir}`,
          why: `It is made for "${other.user}", and "${name}" may not write there`,
          fix: 'Give each a home directory of its own',
        },
      ];
    }),
  );
};

/** Adds every text in a value, however deep. */
const collectTexts = (value: Json, texts: string[]): void => {
  if (typeof value === 'string') texts.push(value);
  else if (typeof value === 'object' && value !== null) {
    for (const element of Object.values(value) as readonly Json[]) collectTexts(element, texts);
  }
};

/**
 * The absolute paths in a definition, also after a colon or an equals sign: `--socket=/run/webapp.sock`.
 *
 * @param mayMatter tells texts of which no path is wanted, without looking for paths in them. Default: there are none
 */
const pathsIn = ({ properties }: Unit, mayMatter: (text: string) => boolean = () => true): readonly string[] => {
  const texts: string[] = [];
  collectTexts(properties, texts);
  return texts
    .filter(mayMatter)
    .flatMap((text) => [...text.matchAll(/(?:^|[\s"'=:,@])(\/[^\s"'=:,;<>|&()$`]+)/g)].map(([, path = '']) => path));
};

/** unix(7): sun_path has 108 bytes, the last of which is NUL. */
const longestSocketPath = 107;

const longSockets = (units: readonly Unit[]): readonly Conflict[] =>
  units.flatMap((unit) =>
    [...new Set(pathsIn(unit, (text) => text.includes('.sock')))]
      .filter((path) => /\.sock(et)?$/.test(path) && Buffer.byteLength(path) > longestSocketPath)
      .map((path) => ({
        severity: 'error',
        kind: 'socket',
        instances: [unit.instance],
        what: `The socket of process instance "${unit.instance}" has too long a path: ${path}`,
        why: `It has ${Buffer.byteLength(path)} bytes. The path of a UNIX socket may have ${longestSocketPath}`,
        fix: `Choose a shorter runtime directory (--runtime-dir or --state-dir); ${overriding}`,
      })),
  );

/** Programs that run whatever they are told: that two processes run them says nothing. */
const interpreters = /\/(?:env|s?h|bash|dash|busybox|daemon|execline\w*|nice|setpriv|su|pidproxy|coreutils)$/;

/** Packages whose programs prepare a process and become another one, under s6. */
const ofSupervision = /\/(?:[^/]*-)?(?:execline|s6)(?:-[^/]*)?\/s?bin\//;

const programsOf = (unit: Unit): ReadonlySet<string> =>
  new Set(
    pathsIn(unit).filter(
      (path) => /\/s?bin\/[^/]+$/.test(path) && !interpreters.test(path) && !ofSupervision.test(path),
    ),
  );

/**
 * Two processes of one program that are given the same directory or file of the state: they would write over each other's
 * data. Only a guess, since programs also share files on purpose.
 */
const sameState = (units: readonly Unit[], directories: Manifest['directories']): readonly Conflict[] => {
  const shared = new Set(Object.values(directories));
  const persistent = [directories.libDir, directories.cacheDir, directories.spoolDir].map((path) => `${path}/`);
  const statePathsOf = (unit: Unit): readonly string[] =>
    pathsIn(unit, (text) => persistent.some((directory) => text.includes(directory)))
      .map((path) => path.replace(/\/+$/, ''))
      .filter((path) => !shared.has(path) && persistent.some((directory) => path.startsWith(directory)));
  return pairsBy(units, statePathsOf).flatMap(([one, other, path]): readonly Conflict[] => {
    const program = [...programsOf(one)].find((candidate) => programsOf(other).has(candidate));
    if (program === undefined) return [];
    return [
      {
        severity: 'warning',
        kind: 'directory',
        instances: [one.instance, other.instance],
        what: `Process instances "${one.instance}" and "${other.instance}" keep their state in the same place: ${path}`,
        why: `Both run ${program}, and each may write over what the other has written`,
        fix: 'Give each a directory of its own, unless they share it on purpose',
      },
    ];
  });
};

/** What of a model will not work on any machine, by its definitions alone. Pure. */
export const modelConflicts = ({
  units,
  directories,
}: Pick<Manifest, 'directories'> & { units: readonly Unit[] }): readonly Conflict[] => [
  ...samePort(units),
  ...samePidFile(units),
  ...longSockets(units),
  ...sameHome(units),
  ...sameState(units, directories),
];
