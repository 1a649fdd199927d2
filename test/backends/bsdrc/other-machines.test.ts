import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { DeployedProfile, DeployedUnit, ManagerSession } from '../../../src/backends/backend.js';
import { bsdrc } from '../../../src/backends/bsdrc/index.js';
import { createRun } from '../../../src/system/run.js';
import { makeTemporaryDirectory } from '../../support/temporary-directory.js';

test('a machine without rc.subr is told as one that rc.d scripts are not for, before anything is done', async () => {
  const place = await makeTemporaryDirectory();
  try {
    const functions = join(place.path, 'rc.subr');
    const activation = {
      ...{ script: 'etc/rc.d/web', pidFile: '/nowhere/web.pid', recordFile: '/nowhere/web', wrapped: false },
      ...{ logFile: null, rcName: 'web', enablingVariable: null },
    };
    const unit = { instance: 'web', name: 'web', profile: place.path, activation } as unknown as DeployedUnit;
    const file = join(place.path, activation.script);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n# PROVIDE: web\n. '${functions}'\n`, { mode: 0o755 });
    const target: DeployedProfile = {
      path: place.path,
      profileName: 'processes',
      units: [unit],
      data: {},
      directories: { stateDir: place.path, runtimeDir: place.path, logDir: place.path },
      forceDisableUserChange: true,
    };
    const connect = (): Promise<ManagerSession> =>
      bsdrc.connect({
        run: createRun(process.env),
        log: pino({ level: 'silent' }),
        env: {},
        profileName: 'processes',
        profileLink: join(place.path, 'processes'),
        current: null,
        target,
        managerOptions: {},
        jobs: 1,
      });
    await expect(connect()).rejects.toMatchObject({
      exitCode: 8,
      message: 'rc.d scripts cannot run on this machine',
      why: expect.stringContaining(functions),
    });
    writeFileSync(functions, '');
    await expect(connect()).resolves.toBeDefined();
  } finally {
    await place.remove();
  }
});
