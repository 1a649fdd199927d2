import type { UnitContext } from '../backend.js';
import { readinessCommand } from '../shared/readiness-program.js';
import { commandWord } from './escape.js';
import type { Section } from './unit-file.js';

/** systemd's own limit for every part of a start, in seconds (DefaultTimeoutStartSec, systemd-system.conf(5)). */
const defaultTimeout = 90;

/**
 * What makes systemd wait until a service is ready before it starts dependents, and call it failed when that takes too
 * long: the notification, for which it waits anyway, or a command after the start. Like other commands around the process
 * (initialize), that has all rights. Whatever the service says of its own goes first.
 *
 * @param service the properties of [Service], as they are without
 * @returns those of them that change; none for a service that says nothing about when it is ready
 */
export const awaitReadiness = (service: Section, context: UnitContext): Section => {
  const { readiness } = context.instance;
  if (readiness === null) return {};
  const { ExecStartPost: own = [], TimeoutStartSec: limit } = service;
  const command = readinessCommand(readiness, 'wait', 'systemd', context);
  const patience = command === null ? readiness.timeout : Math.max(defaultTimeout, Math.ceil(readiness.timeout) + 10);
  return {
    ...(command === null ? {} : { ExecStartPost: [...own, `+${command.map(commandWord).join(' ')}`] }),
    ...(limit !== undefined || patience === defaultTimeout ? {} : { TimeoutStartSec: [String(patience)] }),
  };
};
