import { beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { docker } from '../../../../src/backends/docker/index.js';
import { isRoot } from '../../../support/is-root.js';
import { torture } from '../../../support/torture-values.js';
import type { NamespaceOfTests } from './in-namespace.js';
import { deploy, failures, type ManagedProgram, type Place } from './place.js';
import { readReport, reporter } from './reporter.js';

/**
 * Every byte of a value has to arrive, whichever engine carries it.
 *
 * @param way names the engine in reports
 */
export const testValues = ({ newPlace, namespace }: NamespaceOfTests, way: string): void => {
  // Containers need namespaces and mounts, which are root's.
  const testAsRoot = isRoot ? test : test.skip;

  let place: Place;
  beforeAll(async () => {
    if (isRoot) place = await newPlace();
  });

  testAsRoot('arguments and environment values reach a process byte for byte, whatever is in them', async () => {
    const ways: readonly Partial<ManagedProgram>[] = [
      {},
      { initialize: ':' },
      { nice: 1 },
      { user: 'www-data', initialize: 'true' },
    ];
    await namespace().run('chmod', ['1777', join(place.root, 'tmp')]);
    await torture({
      way,
      backend: docker,
      surroundings: { tools: { store: join(place.root, 'store') } },
      deliver: async (loads) => {
        const reportOf = (name: string): string => join(place.root, 'tmp', name);
        const profile = place.generation(
          loads.map(({ name, args, environment }, index) => ({
            name,
            foreground: reporter(reportOf(name), ...args),
            environment,
            ...ways[index % ways.length],
          })),
        );
        const session = await place.connect({ target: profile });
        expect(failures(await deploy(session, profile))).toEqual([]);
        const arrived = await Promise.all(loads.map(({ name }) => readReport(reportOf(name))));
        await session.stop(profile.units);
        return arrived;
      },
    });
  });

  testAsRoot.each(['/bin/dash', '/bin/bash'])(
    'variables arrive whose names a shell does not know, or has its own ideas about (%s)',
    async (shell) => {
      const environment = {
        'spring.profiles.active': 'prod',
        'A-B': "it's\n",
        'star*': 'yes',
        ü: 'ü',
        'a b': 'c d',
        UID: '5',
        PWD: '/nowhere',
        SHLVL: '77',
        IFS: ',',
        PS4: '%(here)s',
        LC_ALL: 'C',
        HOME: '/somewhere',
        HOSTNAME: 'else',
        TERM: 'vt100',
        container: 'none',
      };
      const name = shell.slice(5);
      const programs: readonly ManagedProgram[] = [
        { name: `direct-${name}`, foreground: reporter(join(place.root, 'tmp', `direct-${name}`)), environment },
        {
          name: `initialized-${name}`,
          initialize: 'true',
          foreground: reporter(join(place.root, 'tmp', `initialized-${name}`)),
          environment,
        },
      ];
      const profile = place.generation(programs, { tools: { shell } });
      const session = await place.connect({ target: profile });
      expect(failures(await deploy(session, profile))).toEqual([]);
      for (const program of programs) {
        expect((await readReport(join(place.root, 'tmp', program.name))).environment).toMatchObject(environment);
      }
    },
  );
};
