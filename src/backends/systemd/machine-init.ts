import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineInit } from '../../boot/boot-entry.js';
import { writeTextAtomically } from '../../state/atomic-file.js';
import { explainFileError } from '../../state/file-errors.js';
import { ActivationError } from '../../system/errors.js';
import type { RunResult } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import { replaceLink, requireWritable } from '../shared/boot-links.js';
import { commandWord } from './escape.js';
import { chooseScope, type Scope } from './scope.js';
import { unitFileText } from './unit-file.js';

const timeout = 60_000;

const scopeOf = (env: Readonly<Record<string, string | undefined>>): Scope =>
  chooseScope({ env, managerOptions: {}, profileName: '' });

const unitText = (description: string, script: string, { kind, bootTarget }: Scope): string =>
  unitFileText({
    Unit: {
      Description: [description.replaceAll('%', '%%')],
      After: kind === 'system' ? ['network.target remote-fs.target'] : [],
    },
    Service: {
      ExecStart: [`/bin/sh ${commandWord(script)}`],
      // It stops its processes itself, in order, when it is told to end.
      KillMode: ['mixed'],
      TimeoutStopSec: ['300'],
    },
    Install: { WantedBy: [bootTarget] },
  });

/** A unit that the system's systemd, or the user's own one, starts when it begins (systemd.service(5)). */
export const machineInit: MachineInit = {
  isInCharge: async ({ env, run }) => {
    const scope = scopeOf(env);
    // sd_booted(3)
    if (scope.kind === 'system') return existsSync('/run/systemd/system');
    const { options, environment } = scope;
    try {
      const args = [...options, 'show', '--property=Version'];
      return (await run({ file: 'systemctl', args, env: environment, timeout })).exitCode === 0;
    } catch (error) {
      if (error instanceof MissingProgramError) return false;
      throw error;
    }
  },
  entryFor: ({ name, description, script }, { env, run }) => {
    const scope = scopeOf(env);
    const { directory, bootTarget, options, environment } = scope;
    const unit = join(directory, `${name}.service`);
    const wants = join(directory, `${bootTarget}.wants`, `${name}.service`);
    const explained = (error: unknown): unknown => explainFileError(`The unit ${unit} cannot be changed`, error);
    const reload = async (): Promise<void> => {
      const request = { file: 'systemctl', args: [...options, 'daemon-reload'], env: environment, timeout };
      const { exitCode, stderr }: RunResult = await run(request);
      if (exitCode === 0) return;
      throw new ActivationError({
        what: `systemd has not read ${unit}`,
        why: stderr.trim() || `systemctl ended with exit code ${String(exitCode)}`,
        fix: `Say it yourself: systemctl ${[...options, 'daemon-reload'].join(' ')}`,
      });
    };
    return {
      place: unit,
      isThere: () => Promise.resolve(existsSync(unit) && existsSync(wants)),
      check: async () => {
        await requireWritable(directory).catch((error: unknown) => {
          throw explained(error);
        });
      },
      write: async () => {
        try {
          await mkdir(join(directory, `${bootTarget}.wants`), { recursive: true });
          await writeTextAtomically(unit, unitText(description, script, scope));
          await replaceLink(wants, unit);
        } catch (error) {
          throw explained(error);
        }
        await reload();
      },
      remove: async () => {
        if (!existsSync(unit)) return;
        try {
          await rm(wants, { force: true });
          await rm(unit, { force: true });
        } catch (error) {
          throw explained(error);
        }
        await reload();
      },
    };
  },
};
