import { expect, jest, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.js';
import type { Account } from '../../support/accounts.js';
import { torture, tortureTimeout, type Load } from '../../support/torture-values.js';
import { argumentsOf, eachShellOnce, environmentOf, readMain, type Place } from './script-service.js';

/** Every byte of a value has to arrive through the scripts of a manager. */
export const testValuesOfScripts = (backend: Backend, makePlace: (owner: Account) => Promise<Place>): void => {
  jest.setTimeout(tortureTimeout);

  test.each(eachShellOnce)(
    'values reach processes byte for byte through $shell as $account.name',
    ({ shell, account }) =>
      torture({
        way: `${backend.name}, ${shell}`,
        backend,
        deliver: async (loads) => {
          const here = await makePlace(account);
          return loads.map(({ name, args, environment }: Load, index) => {
            const kind = index % 2 === 0 ? 'daemon' : 'foreground';
            const pidFile = `${here.path}/run/${name}.pid`;
            const command = { executable: here.program, args: [kind, pidFile, ...args] };
            const service = here.service({ name, shell, process: { daemon: null, [kind]: command, environment } });
            const { exitCode, stderr } = service.call('start', { NIXPROC_CALLER_LOOKS: '1' });
            expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
            const pid = readMain(service);
            const words = argumentsOf(pid);
            const arrived = {
              args: words.slice(words.indexOf(pidFile) + 1),
              environment: Object.fromEntries(environmentOf(pid)),
            };
            expect(service.call('stop').exitCode).toBe(0);
            return arrived;
          });
        },
      }),
  );
};
