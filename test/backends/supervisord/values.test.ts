import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { supervisord } from '../../../src/backends/supervisord/index.js';
import { isRoot } from '../../support/is-root.js';
import {
  compare,
  nasty,
  torture,
  tortureSeed,
  tortureTimeout,
  withSeed,
  type Arrived,
  type Load,
} from '../../support/torture-values.js';
import { factsOf } from './support/process-facts.js';
import {
  deploy,
  failures,
  makeSupervised,
  pidOf,
  undeploy,
  unitCalled,
  type Program,
  type Properties,
  type Supervised,
} from './support/supervised.js';

// A machine may be busy: it is not for these tests to say how fast supervisord has to be.
jest.setTimeout(tortureTimeout);

const perl = { executable: '/usr/bin/perl', args: ['-e', 'sleep 1000', '--'] };
let place: Supervised;
beforeAll(async () => {
  place = await makeSupervised();
});
afterAll(async () => {
  await place.remove();
});

for (const shell of ['/bin/dash', '/bin/bash']) {
  /** Starts programs; returns what each of them got. */
  const startAll = async (programs: readonly Program[], names: readonly string[]): Promise<readonly Arrived[]> => {
    const profile = place.generation(programs, { tools: { supervisor: '/usr', shell } });
    const session = await place.connect({ target: profile });
    try {
      expect(failures(await deploy(session, profile))).toEqual([]);
      const facts = names.map(async (name) => factsOf(await pidOf(session, unitCalled(profile, name))));
      return (await Promise.all(facts)).map(({ args, environment }) => ({ args: args.slice(4), environment }));
    } finally {
      await undeploy(session, profile);
    }
  };
  const ways: readonly Properties[] = [
    {},
    { initialize: ':' },
    { nice: 1 },
    ...(isRoot ? [{ user: 'www-data', initialize: 'true' }] : []),
  ];
  const programOf = ({ name, args, environment }: Load, properties: Properties = {}): Program => ({
    name,
    foreground: { ...perl, args: [...perl.args, ...args] },
    environment,
    ...properties,
  });

  test(`arguments and environment values reach a process byte for byte, whatever is in them (${shell})`, () =>
    torture({
      way: `supervisord, ${shell}`,
      backend: supervisord,
      deliver: (loads) =>
        startAll(
          loads.map((load, index) => programOf(load, ways[index % ways.length])),
          loads.map(({ name }) => name),
        ),
    }));

  // A value that needs a launch script takes its neighbours' arguments with it.
  test(`so do those that are alone in their process (${shell})`, async () => {
    const seed = tortureSeed();
    await withSeed(seed, async () => {
      const alone = fc
        .sample(nasty, { seed, numRuns: 60 })
        .map((text, index) => ({ name: `alone${index}`, args: [text], environment: { VALUE: text } }));
      const names = alone.map(({ name }) => name);
      const programs = alone.map((load) => programOf(load));
      compare(alone, await startAll(programs, names));
    });
  });

  test(`variables arrive whose names a shell does not know, or has its own ideas about (${shell})`, async () => {
    const environment = {
      'spring.profiles.active': 'prod',
      'A-B': "it's\n",
      ü: 'ü',
      'a b': 'c d',
      UID: '5',
      PWD: '/nowhere',
      OLDPWD: 'x\ny',
      SHLVL: '77',
      IFS: ',',
      PS4: '%(here)s',
      LC_ALL: 'C',
      OPTIND: '9',
      PPID: '1',
      RANDOM: 'no',
      SECONDS: 'none',
    };
    const profile = place.generation(
      [
        { name: 'direct', foreground: perl, environment },
        { name: 'initialized', initialize: 'test "$LC_ALL" = C', foreground: perl, environment },
      ],
      { tools: { supervisor: '/usr', shell } },
    );
    const session = await place.connect({ target: profile });
    try {
      expect(failures(await deploy(session, profile))).toEqual([]);
      for (const unit of profile.units) {
        expect(factsOf(await pidOf(session, unit)).environment).toMatchObject(environment);
      }
    } finally {
      await undeploy(session, profile);
    }
  });
}

test('a directory reaches a process, whatever is in its name', async () => {
  const names = [
    'with space',
    '100%',
    '%(here)s',
    'a ;b',
    'a #b',
    'ä€',
    "it's",
    '"q"',
    'line\nfeed',
    ' blank ',
    '\u0085',
    '$HOME',
  ];
  const programs = names.map((name, index) => {
    mkdirSync(join(place.root, name));
    return { name: `in${index}`, foreground: perl, directory: join(place.root, name) };
  });
  const profile = place.generation(programs);
  const session = await place.connect({ target: profile });
  try {
    expect(failures(await deploy(session, profile))).toEqual([]);
    for (const [index, name] of names.entries()) {
      const { directory } = factsOf(await pidOf(session, unitCalled(profile, `in${index}`)));
      expect(directory).toBe(join(place.root, name));
    }
  } finally {
    await undeploy(session, profile);
  }
});
