import type { Readiness } from '../../model/readiness.js';
import type { UnitContext } from '../backend.js';
import { readinessCommandOf } from '../shared/readiness-program.js';
import { commandLines, type ExeclineCommand } from './execline.js';
import { tool } from './tools.js';

/** The descriptor on which a process is said to be ready: its own choice, or ours when it is looked at. */
export const notificationDescriptor = ({ probe }: Readiness): number =>
  probe.kind === 'notify' ? probe.descriptor : 3;

/**
 * Has a process looked at from the side, and s6 told when it is ready (s6-notifyoncheck); to be put in front of the
 * command that becomes the process.
 *
 * @returns nothing for a process that tells s6 itself, or that says nothing about when it is ready
 */
export const notifyOnCheck = (context: UnitContext): readonly ExeclineCommand[] => {
  const { readiness } = context.instance;
  const command = readinessCommandOf(context, 'look', 's6-rc');
  if (readiness === null || command === null) return [];
  const milliseconds = (seconds: number): string => String(Math.max(1, Math.ceil(seconds * 1000)));
  return [
    [
      `${tool(context, 's6')}/bin/s6-notifyoncheck`,
      // A grandchild: the process need not wait for it.
      '-d',
      ...['-3', String(notificationDescriptor(readiness))],
      ...['-T', milliseconds(readiness.timeout), '-t', milliseconds(readiness.timeout)],
      ...['-w', milliseconds(readiness.interval), '-n', '0'],
      ...['-c', commandLines([command]).trim()],
    ],
  ];
};
