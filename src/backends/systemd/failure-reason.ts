import { constants } from 'node:os';
import type { UnitProperties, UnitState } from './systemctl.js';

/** Exit statuses by which systemd says that a program could not even be started (systemd.exec(5)). */
const ownStatuses: Readonly<Record<string, string>> = {
  '200': 'its working directory cannot be entered',
  '201': 'its niceness cannot be set',
  '203': 'its program cannot be executed',
  '208': 'its standard input cannot be set up',
  '209': 'its standard output cannot be set up',
  '216': 'its group does not exist',
  '217': 'its user does not exist',
  '219': 'its control group cannot be set up',
  '226': 'its mount namespace cannot be set up',
};

const signalName = (number: string): string =>
  Object.entries(constants.signals).find(([, value]) => value === Number(number))?.[0] ?? `signal ${number}`;

/** What ended the main process: ExecMainCode is one of waitid(2)'s CLD_ constants. */
const endOf = (properties: UnitProperties): string | null => {
  const status = properties('ExecMainStatus');
  switch (properties('ExecMainCode')) {
    case '1':
      return ownStatuses[status] ?? `its process ended with exit status ${status}`;
    case '2':
      return `its process was ended by ${signalName(status)}`;
    case '3':
      return `its process crashed with ${signalName(status)}`;
    default:
      return null;
  }
};

/** What a command before or after the process ended with, if it is what failed. */
const otherFailure = (properties: UnitProperties): string | null => {
  const statusOf = (property: string): string | undefined => /; status=([1-9]\d*)/.exec(properties(property))?.[1];
  const before = statusOf('ExecStartPre');
  if (before !== undefined)
    return `what is done before it starts (initialize, ExecStartPre) ended with exit status ${before}`;
  const after = statusOf('ExecStartPost');
  return after === undefined
    ? null
    : `it was not ready in time, or what is done after its start (ExecStartPost) failed: exit status ${after}`;
};

const inWords = (result: string, properties: UnitProperties): string => {
  const end = endOf(properties);
  switch (result) {
    case 'success':
      return end ?? 'it has ended';
    case 'exit-code':
    case 'signal':
    case 'core-dump':
      return otherFailure(properties) ?? end ?? result;
    case 'timeout':
      return 'it took longer than systemd waits';
    case 'protocol':
      return 'it did not behave as its Type says (a daemon has to fork and to write its PID file)';
    case 'start-limit-hit':
      return 'it ended too often, and systemd does not start it again';
    case 'oom-kill':
      return 'it ran out of memory';
    case 'watchdog':
      return 'it did not answer its watchdog';
    case 'resources':
      return end ?? 'systemd could not get what it needs (see the log)';
    default:
      return end ?? result;
  }
};

/**
 * Why a unit has failed, in one line.
 *
 * @param main the unit of the process itself: another one is named
 */
export const reasonOf = (
  unit: string,
  main: string,
  state: UnitState | null,
  properties: UnitProperties | null,
): string => {
  const subject = unit === main ? '' : `${unit}: `;
  if (state?.load === 'bad-setting' || state?.load === 'error') {
    const [, message] = /"([^"]*)"\s*$/.exec(properties?.('LoadError') ?? '') ?? [];
    return `${subject}systemd refuses the unit${message === undefined || message === '' ? '' : `: ${message}`}`;
  }
  if (properties === null) return `${subject}${state?.substate ?? 'failed'}`;
  const reason = inWords(properties('Result'), properties);
  const statusText = properties('StatusText') === '' ? '' : ` (${properties('StatusText')})`;
  const again =
    state?.substate === 'auto-restart' ? `; systemd starts it again (${properties('NRestarts')} times so far)` : '';
  return `${subject}${reason}${statusText}${again}`;
};
