import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { daemonScript, recordFile } from '../../../src/backends/s6-rc/daemon-script.js';
import { isAlive } from '../../support/processes.js';
import { eventually } from '../../support/waiting.js';
import * as bsdrc from '../bsdrc/support/service.js';
import * as disnix from '../disnix/support/service.js';
import { managedProcess, unitContext } from '../support/render-unit.js';
import { itself, readMain, shells, type Place } from '../support/script-service.js';
import * as sysvinit from '../sysvinit/support/service.js';

interface Script {
  call(activity: string): { readonly exitCode: number; readonly stderr: string };
  main(): number;
}

interface Wishes {
  readonly place: Place;
  readonly shell: string;
  /** Of service.py, with its arguments. */
  readonly args: readonly string[];
  readonly instanceName: string | null;
}

/** A process of which the model names no PID file, so that it is looked for in PLACE/run. */
const properties = ({ place, args, instanceName }: Wishes) => ({
  daemon: { executable: place.program, args },
  pidFile: join(place.path, 'run', 'service.pid'),
  namesPidFile: false,
  instanceName,
});

const scriptOf = (wishes: Wishes): Script => {
  const service = wishes.place.service({ shell: wishes.shell, process: properties(wishes) });
  return { call: (activity) => service.call(activity), main: () => readMain(service) };
};

/** The script that a oneshot of s6-rc calls. */
const oneshotOf = (wishes: Wishes): Script => {
  const { place, shell } = wishes;
  const process = managedProcess(properties(wishes));
  const context = unitContext(process, { root: place.path, tools: { shell } });
  const script = join(place.path, 'oneshot');
  writeFileSync(script, daemonScript(process, properties(wishes).daemon, context));
  return {
    call: (activity) => {
      const { status, stderr } = spawnSync(shell, [script, activity], { encoding: 'utf8' });
      return { exitCode: status ?? -1, stderr };
    },
    main: () => {
      const record = recordFile(context.instance.directories.runtimeDir, 'service');
      return Number(/^main (\d+) /m.exec(readFileSync(record, 'utf8'))?.[1]);
    },
  };
};

const managers = [
  { manager: 'sysvinit', makePlace: sysvinit.makePlace, script: scriptOf },
  { manager: 'disnix', makePlace: disnix.makePlace, script: scriptOf },
  { manager: 'bsdrc', makePlace: bsdrc.makePlace, script: scriptOf },
  { manager: 's6-rc', makePlace: sysvinit.makePlace, script: oneshotOf },
];

describe.each(managers.map((one, index) => ({ ...one, shell: shells[index % shells.length] ?? '/bin/dash' })))(
  'a daemon under $manager whose PID file the model does not name ($shell)',
  ({ makePlace, script, shell }) => {
    const expectLife = async (service: Script): Promise<void> => {
      const { exitCode, stderr } = service.call('start');
      expect([exitCode, stderr]).toEqual([0, '']);
      const pid = service.main();
      expect(isAlive(pid)).toBe(true);
      expect(service.call('status').exitCode).toBe(0);
      expect(service.call('start').exitCode).toBe(makePlace === bsdrc.makePlace ? 1 : 0);
      expect(service.main()).toBe(pid);
      expect(service.call('stop').exitCode).toBe(0);
      await eventually(() => (isAlive(pid) ? undefined : true));
      // rc.subr(8) has its own exit code.
      expect(service.call('status').exitCode).toBe(makePlace === bsdrc.makePlace ? 1 : 3);
    };

    test('is found by its program when it writes none, but no other process of it is', async () => {
      const place = await makePlace(itself);
      const stranger = place.stranger(place.program, 'foreground', 'none');
      await expectLife(script({ place, shell, args: ['forgetful', 'none'], instanceName: null }));
      expect(isAlive(stranger)).toBe(true);
    });

    test('is found by the file that it writes into the other directory', async () => {
      const place = await makePlace(itself);
      const elsewhere = join(place.path, 'tmp', 'service.pid');
      const one = script({ place, shell, args: ['daemon', elsewhere], instanceName: 'service' });
      await expectLife(one);
      expect(existsSync(elsewhere)).toBe(true);
    });
  },
);
