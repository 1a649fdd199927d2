import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../../support/repository.js';

const programs = ['s6-rc', 's6-rc-compile', 's6-rc-init', 's6-rc-update', 's6-rc-format-upgrade'] as const;
type Program = (typeof programs)[number];

/** Programs that stand for those of s6-rc, which Debian 12 does not have; the s6-svscan beneath them is real. */
export interface StandIn {
  /** Goes on PATH. */
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the programs were called with since this was asked the last time: "s6-rc-update -b -l …". */
  calls(): readonly string[];
  /** Has the next call of a program end with this exit code. */
  fail(program: Program, exitCode: number): void;
}

export const installStandIn = (directory: string): StandIn => {
  const bin = join(directory, 'stand-in', 'bin');
  const controls = join(directory, 'stand-in', 'controls');
  mkdirSync(bin, { recursive: true });
  mkdirSync(controls);
  chmodSync(controls, 0o777);
  const script = join(directory, 'stand-in', 'stand-in.py');
  copyFileSync(join(repository, 'test/backends/s6-rc/support/stand-in.py'), script);
  chmodSync(script, 0o755);
  for (const program of programs) symlinkSync(script, join(bin, program));
  const log = join(controls, 'calls');
  return {
    bin,
    env: { STAND_IN_DIRECTORY: controls },
    calls: () => {
      if (!existsSync(log)) return [];
      const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
      rmSync(log);
      return lines;
    },
    fail: (program, exitCode) => {
      writeFileSync(join(controls, program), String(exitCode));
    },
  };
};
