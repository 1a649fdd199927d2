import { chmodSync, chownSync, existsSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { DeployedProfile, DeployedUnit, ManagerSession, SessionContext } from '../../../src/backends/backend.js';
import { connect as connectToOpenrc } from '../../../src/backends/openrc/connect.js';
import { loadBackend } from '../../../src/backends/registry.js';
import type { InstanceName, ManagerName, ProcessName } from '../../../src/model/process-model.js';
import { createRun } from '../../../src/system/run.js';
import { isRoot } from '../../support/is-root.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';

let place: TemporaryDirectory;
beforeEach(async () => {
  place = await makeTemporaryDirectory();
  for (const name of ['run', 'elsewhere', 'services']) mkdirSync(join(place.path, name));
});
afterEach(() => place.remove());

const records = (): string => join(place.path, 'run/records');

const scriptActivation = () => ({
  ...{ script: 'none', pidFile: null, recordFile: join(records(), 'web'), wrapped: false, logFile: null },
  // What single managers want besides.
  ...{ runlevels: [], stopRunlevels: [], startSequence: '50', stopSequence: '50' },
  ...{ rcName: 'web', enablingVariable: null },
});

/** What each manager that keeps records writes of a unit into a manifest. */
const activations: Readonly<Record<string, () => DeployedUnit['activation']>> = {
  sysvinit: scriptActivation,
  bsdrc: scriptActivation,
  disnix: scriptActivation,
  's6-rc': () => ({
    services: [],
    contents: [],
    flagEssential: false,
    daemon: { pidFile: join(place.path, 'run/web.pid'), recordFile: join(records(), 'web') },
    activities: { reload: false, status: false },
    logFile: null,
  }),
  ...(isRoot
    ? {
        openrc: () => ({
          script: 'none',
          service: 'nix-process-web',
          runlevels: [],
          recordFile: join(records(), 'web'),
          logFile: join(place.path, 'log'),
          awaitsReadiness: false,
        }),
      }
    : {}),
  synit: () => ({
    file: 'web.pr',
    recordFile: join(records(), 'web'),
    logFile: join(place.path, 'log'),
    restarts: 'always',
    isRequired: true,
    endsByItself: false,
  }),
};

const connect = async (manager: ManagerName): Promise<ManagerSession> => {
  const unit: DeployedUnit = {
    instance: 'web' as InstanceName,
    name: 'web' as ProcessName,
    profile: join(place.path, 'profile'),
    level: 0,
    dependencies: [],
    fingerprint: '',
    port: null,
    readiness: null,
    stopTimeout: null,
    activation: activations[manager]?.() ?? {},
  } as unknown as DeployedUnit;
  const current: DeployedProfile = {
    path: join(place.path, 'profile'),
    profileName: 'processes',
    units: [unit],
    data: {},
    directories: { stateDir: place.path, runtimeDir: join(place.path, 'run'), logDir: place.path },
    forceDisableUserChange: true,
  };
  const env = { ...process.env, SYNIT_TARGET_DIR: join(place.path, 'services') };
  const context: SessionContext = {
    run: createRun(env),
    log: pino({ level: 'silent' }),
    env,
    profileName: 'processes',
    profileLink: join(place.path, 'profiles/processes'),
    current,
    target: null,
    managerOptions: {},
    jobs: 1,
  };
  if (manager !== 'openrc') return (await loadBackend(manager)).connect(context);
  const services = join(place.path, 'services');
  writeFileSync(join(services, 'softlevel'), 'default');
  return connectToOpenrc(context, { scripts: services, runlevels: services, state: services });
};

const forgeries: readonly { readonly what: string; readonly asRoot?: true; readonly make: () => void }[] = [
  {
    what: 'a link',
    make: () => {
      symlinkSync(join(place.path, 'elsewhere'), records());
    },
  },
  {
    what: 'a directory that everybody can write',
    make: () => {
      mkdirSync(records());
      chmodSync(records(), 0o777);
    },
  },
  {
    what: 'a directory of somebody else',
    asRoot: true,
    make: () => {
      mkdirSync(records());
      chownSync(records(), 65534, 65534);
    },
  },
  {
    what: 'a directory that everybody can replace',
    make: () => {
      mkdirSync(records());
      chmodSync(join(place.path, 'run'), 0o777);
    },
  },
];

describe.each(Object.keys(activations) as ManagerName[])('the records of %s', (manager) => {
  test.each(forgeries.filter(({ asRoot }) => isRoot || asRoot !== true))(
    'are not looked for in $what',
    async ({ make }) => {
      make();
      writeFileSync(join(records(), 'web'), 'main 1 1 -\n');
      await expect(connect(manager)).rejects.toMatchObject({
        exitCode: 8,
        message: expect.stringContaining('cannot hold records of services') as unknown,
      });
      expect(existsSync(join(records(), 'web'))).toBe(true);
    },
  );
});

// s6-rc's scripts remove their own.
describe.each(Object.keys(activations).filter((name) => name !== 's6-rc') as ManagerName[])(
  'the records of %s',
  (manager) => {
    test('are removed from nowhere else when somebody has put a link there meanwhile', async () => {
      mkdirSync(records());
      const session = await connect(manager);
      rmdirSync(records());
      symlinkSync(join(place.path, 'elsewhere'), records());
      writeFileSync(join(place.path, 'elsewhere/web'), 'precious');
      await expect(session.finish(null)).rejects.toMatchObject({ exitCode: 8 });
      expect(existsSync(join(place.path, 'elsewhere/web'))).toBe(true);
    });
  },
);
