import { ActivationError } from '../../system/errors.js';
import type { DeployedProfile } from '../backend.js';
import { callUnits } from './call-units.js';
import { call, type Connection } from './connection.js';
import { hasFailed } from './observation.js';

const reloadManager = async ({ systemctl }: Connection): Promise<void> => {
  const { exitCode, stderr } = await systemctl.call('daemon-reload');
  if (exitCode === 0) return;
  throw new ActivationError({ what: 'systemd could not read its units again', why: stderr.trim() });
};

/** Units whose files are gone, but which systemd remembers, or even wants to start again. */
const forget = async (connection: Connection, names: readonly string[]): Promise<void> => {
  const states = await connection.systemctl.listUnits();
  const remembered = names.filter((name) => hasFailed(states.get(name) ?? null));
  const { refused } = await callUnits(connection.systemctl, 'stop', remembered);
  await call(connection, ['reset-failed'], remembered);
  const [first] = refused;
  if (first === undefined) return;
  const [name, why] = first;
  throw new ActivationError({
    what: `systemd does not stop ${name}, whose file is gone`,
    why,
    fix: `Correct what is said above, then: systemctl stop ${name}`,
  });
};

/**
 * Makes systemd know the units of a profile; null: none is left.
 *
 * @throws ActivationError when it cannot read them, or does not let go of one that is gone
 */
export const installUnits = async (connection: Connection, next: DeployedProfile | null): Promise<void> => {
  connection.installed = null;
  if (next === null) connection.targetIsStarted = false;
  const removed = await connection.installation.update(next, () => reloadManager(connection));
  connection.installed = next;
  if (removed.length === 0) return;
  // Without its file, stopping it does not stop what may go on running.
  if (next === null) await call(connection, ['stop'], [connection.target]);
  await forget(connection, removed);
};
