import type { ProfileFile } from '../backend.js';
import type { SystemVInitScript } from './config.js';

/** Where scripts are in a profile; runlevel directories are beside it. */
export const scriptPath = (name: string): string => `etc/rc.d/init.d/${name}`;

/** How high a script stands among those that it depends on and that depend on it. */
export interface ScriptLevel {
  readonly level: number;
  readonly maxLevel: number;
}

/**
 * The sequence numbers of a script: it starts after those of lower levels and stops before them. Init runs the links of
 * a runlevel in the order of their names, so all numbers have the same number of digits: two, or more when there are
 * more levels than the range of sequence numbers has room for.
 */
export const sequenceNumbers = (
  { minSequence, maxSequence }: Pick<SystemVInitScript, 'minSequence' | 'maxSequence'>,
  { level, maxLevel }: ScriptLevel,
): { readonly start: string; readonly stop: string } => {
  const highest = Math.max(maxSequence, minSequence + maxLevel);
  const digits = Math.max(2, String(highest).length);
  const number = (sequence: number): string => String(sequence).padStart(digits, '0');
  return { start: number(minSequence + level), stop: number(highest - level) };
};

/** The links that start a script in its runlevels and stop it in the others. */
export const runlevelLinks = (script: SystemVInitScript, level: ScriptLevel): readonly ProfileFile[] => {
  const { start, stop } = sequenceNumbers(script, level);
  const link = (runlevel: string, prefix: string): ProfileFile => ({
    kind: 'link',
    path: `etc/rc.d/rc${runlevel}.d/${prefix}${script.name}`,
    target: `../init.d/${script.name}`,
  });
  return [
    ...script.startLevels.map((runlevel) => link(runlevel, `S${start}`)),
    ...script.stopLevels.map((runlevel) => link(runlevel, `K${stop}`)),
  ];
};
