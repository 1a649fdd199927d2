import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { launchd } from '../../../src/backends/launchd/index.js';
import { plistKeys } from '../../../src/backends/launchd/plist-keys.js';
import type { Json } from '../../../src/system/json.js';
import type * as z from '../../../src/system/schema.js';
import { isRoot } from '../../support/is-root.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';
import { torture, tortureTimeout, type Load } from '../../support/torture-values.js';
import { heardFrom, tellingCommand } from '../support/telling-process.js';
import { directJob, managedJob, plistOf, type Properties } from './support/jobs.js';

jest.setTimeout(tortureTimeout);

let place: TemporaryDirectory;
beforeAll(async () => {
  place = await makeTemporaryDirectory();
  // A package of coreutils has it beside the others; Debian does not.
  const bin = join(place.path, 'coreutils', 'bin');
  mkdirSync(bin, { recursive: true });
  for (const program of ['/usr/bin/env', '/usr/bin/nice', '/usr/sbin/chroot']) {
    symlinkSync(program, join(bin, basename(program)));
  }
});
afterAll(() => place.remove());

const webapp = { executable: '/bin/webapp', args: ['--port', '5000'] };

/** A profile's files are read-only, and a test writes several. */
let generations = 0;
const root = (): string => `${place.path}/${(generations += 1)}`;

const words = (plist: ReturnType<typeof plistOf>): readonly string[] => plist['ProgramArguments'] as readonly string[];

describe('a job', () => {
  test('has the properties of its process as keys of launchd.plist(5), each of its type', () => {
    const plist = plistOf(
      managedJob(root(), {
        name: 'webapp',
        foreground: webapp,
        environment: { MESSAGE: 'a & b < c', EMPTY: '' },
        path: ['/opt/tools'],
        directory: '/srv',
        umask: '0027',
        nice: 5,
        user: 'www',
      }),
    );
    expect(plist).toMatchObject({
      Label: 'org.nixos.webapp',
      EnvironmentVariables: { MESSAGE: 'a & b < c', EMPTY: '', PATH: '/opt/tools/bin' },
      WorkingDirectory: '/srv',
      Umask: 0o27,
      Nice: 5,
      UserName: 'www',
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
    });
    expect(words(plist).slice(3)).toEqual(['org.nixos.webapp', '/bin/webapp', '--port', '5000']);
  });

  test('is not given a user when user changes are disabled', () => {
    const job = directJob(
      root(),
      { name: 'x', ProgramArguments: ['/bin/x'], UserName: 'www', GroupName: 'www' },
      {
        forceDisableUserChange: true,
      },
    );
    expect(Object.keys(plistOf(job))).not.toEqual(expect.arrayContaining(['UserName']));
    expect(job.unit.activation).toMatchObject({ user: null });
  });

  test('stays in the foreground for a process that can only be a daemon', () => {
    const plist = plistOf(managedJob(root(), { daemon: webapp, pidFile: '/run/webapp.pid' }));
    const [shell, script, ...rest] = words(plist).slice(4);
    expect([shell, script]).toEqual(['/bin/dash', expect.stringMatching(/-daemon-proxy$/)]);
    expect(rest).toEqual(['/run/webapp.pid', '190', '/bin/webapp', '--port', '5000']);
  });

  test('starts as root when something has to be done before its user is switched', () => {
    const plist = plistOf(managedJob(root(), { foreground: webapp, initialize: 'mkdir -p /srv/x', user: 'www' }));
    expect(plist).not.toHaveProperty('UserName');
    expect(words(plist).slice(4)).toEqual(['/bin/dash', expect.stringMatching(/-launch$/)]);
  });

  test('refuses a process that has nothing to run', () => {
    expect(() => managedJob(root(), {})).toThrow(/has nothing to run/);
  });
});

describe('createLaunchdDaemon', () => {
  test('takes every key with a value of its type', () => {
    // The strictest first: a text may be written as almost anything.
    const values: readonly Json[] = [{ Name: { Deep: [1, true, 'x'] } }, 'text', ['a', 'b'], 7, true];
    const special: Record<string, Json> = {
      ProgramArguments: ['/bin/x'],
      Program: '/bin/x',
      Label: 'com.example.x',
      ProcessType: 'Background',
      Umask: 18,
      EnvironmentVariables: { A: 'b' },
      HardResourceLimits: { NumberOfFiles: 10 },
      SoftResourceLimits: { NumberOfFiles: 10 },
      StartCalendarInterval: [{ Hour: 1 }, { Hour: 2 }],
    };
    for (const [key, check] of Object.entries<z.ZodMiniType>(plistKeys)) {
      const value = special[key] ?? values.find((candidate) => check.safeParse(candidate).success) ?? null;
      expect([key, value]).not.toEqual([key, null]);
      const plist = plistOf(directJob(root(), { name: 'x', ProgramArguments: ['/bin/x'], [key]: value }));
      if (key !== 'ProgramArguments' && key !== 'Program') expect(plist[key]).toEqual(value);
      expect(words(plist)).toContain('/bin/x');
    }
  });

  test('leaves a job to launchd alone whose Program is not its first word', () => {
    const plist = plistOf(directJob(root(), { name: 'x', Program: '/bin/x', ProgramArguments: ['other', 'a'] }));
    expect(plist).toMatchObject({ Program: '/bin/x', ProgramArguments: ['other', 'a'] });
  });

  test('takes another prefix, which dependents know', () => {
    const job = directJob(
      root(),
      { name: 'x', ProgramArguments: ['/bin/x'], outer: { prefix: 'com.example.' } },
      { dependencies: ['y'], others: { y: { name: 'y', outer: { prefix: 'com.example.' } } } },
    );
    expect(job.unit.activation).toMatchObject({
      label: 'com.example.x',
      plist: 'Library/LaunchDaemons/com.example.x.plist',
    });
    expect(words(plistOf(job))[2]).toContain('for job in com.example.y; do');
  });

  test.each([
    [{ Shell: '/bin/sh' }, 'Shell'],
    [{ RunAtLoad: 'yes' }, 'RunAtLoad'],
    [{ Nice: 'very' }, 'Nice'],
    [{ EnvironmentVariables: ['A=b'] }, 'EnvironmentVariables'],
    [{ SoftResourceLimits: { NumberOfFiles: 'many' } }, 'SoftResourceLimits'],
    [{ Label: 'a b' }, 'Label'],
    [{ StandardOutPath: '/log/\u0001' }, 'StandardOutPath'],
  ])('refuses %j by name', (wrong, name) => {
    expect(() => directJob(root(), { name: 'x', ProgramArguments: ['/bin/x'], ...wrong })).toThrow(
      `Process instance "x" has an argument that launchd cannot take: ${name}`,
    );
  });

  test('refuses a job without a program', () => {
    expect(() => directJob(root(), { name: 'x' })).toThrow('ProgramArguments');
  });
});

test.each(['a/b', 'a b', '', 'x'.repeat(201)])('the name %j is refused', (name) => {
  expect(launchd.nameProblem(name as never)).not.toBeNull();
});

/** launchd's own part: the words and variables of a property list become a process. */
const startJob = (name: string, load: Load, properties: Properties) => {
  const plist = plistOf(
    managedJob(
      root(),
      { ...properties, name, foreground: tellingCommand(load.args), environment: load.environment },
      { tools: { coreutils: join(place.path, 'coreutils') } },
    ),
  );
  const [program = '', ...args] = words(plist);
  const env = plist['EnvironmentVariables'] as Record<string, string>;
  return heardFrom(execFileSync(program, args, { env, maxBuffer: 1 << 28 }));
};

test.each([
  ['directly', {}],
  ['after an initialization', { initialize: ':' }],
  ...(isRoot ? [['as another user after an initialization', { initialize: ':', user: 'nobody' }] as const] : []),
])('every value reaches a process that is started %s', async (way, properties) => {
  await torture({
    way: `launchd, ${way}`,
    backend: launchd,
    surroundings: { tools: { store: '/nix/store' } },
    deliver: (loads) => Promise.resolve(loads.map((load) => startJob(load.name, load, properties))),
  });
});

test('variables that shells keep for themselves reach the process too', () => {
  const environment = { LC_ALL: 'de_DE', IFS: 'x', PS4: '$', 'with-dash': '1', '1': 'a', BASH_ENV: '/dev/null' };
  const heard = startJob('x', { name: 'x', args: [], environment }, { initialize: ':' });
  expect(heard.environment).toMatchObject(environment);
});
