import { setImmediate } from 'node:timers/promises';
import { ManagerUnavailableError, UsageError } from '../../system/errors.js';
import type { Ports } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import { activationOf, unitsOf } from './activation-data.js';
import { checkOwnFiles } from './link-record.js';
import { chooseScope, type Scope } from './scope.js';
import { createSession } from './session.js';
import { createSystemctl, parseProperties, type Systemctl, type UnitProperties } from './systemctl.js';
import { targetUnit } from './target-unit.js';
import { listDirectory, searchUnits } from './unit-search.js';

const linger = 'As root, let it run without a login: loginctl enable-linger';

const unavailable = ({ kind }: Scope, why: string, options?: ErrorOptions): ManagerUnavailableError =>
  new ManagerUnavailableError(
    kind === 'system'
      ? {
          what: 'systemd cannot be reached',
          why,
          fix: 'Choose another process manager with -P where systemd does not run the machine',
        }
      : {
          what: 'Your own systemd (systemd --user) cannot be reached',
          why,
          fix: `Log in (rather than use su or sudo), so that it is started. ${linger} USER`,
        },
    options,
  );

/** systemd's own properties, which also show that it answers. */
const askManager = async (systemctl: Systemctl, scope: Scope): Promise<UnitProperties> => {
  try {
    const { exitCode, stdout, stderr } = await systemctl.call('show', '--property=Version,UnitPath');
    const [properties] = parseProperties(stdout.trim()).values();
    if (exitCode !== 0 || properties === undefined || properties('Version') === '') {
      throw unavailable(scope, stderr.trim() || 'It does not answer');
    }
    return properties;
  } catch (cause) {
    if (!(cause instanceof MissingProgramError)) throw cause;
    throw unavailable(scope, 'There is no systemctl on PATH', { cause });
  }
};

/** systemd finds units only in directories that it knows. */
const checkDirectory = ({ directory, kind }: Scope, unitPath: readonly string[], { env }: Pick<Ports, 'env'>): void => {
  if (unitPath.length === 0 || unitPath.includes(directory)) return;
  const chosen = (env['SYSTEMD_TARGET_DIR'] ?? '') !== '';
  throw new UsageError({
    what: `systemd does not look for units in ${directory}`,
    why: chosen
      ? 'SYSTEMD_TARGET_DIR names it'
      : kind === 'user'
        ? 'HOME or XDG_CONFIG_HOME are others than those that your systemd was started with'
        : 'It was built for other directories',
    fix: `Set SYSTEMD_TARGET_DIR to one of: ${unitPath.join(' ')}`,
  });
};

/**
 * A user's systemd has only that user's rights.
 *
 * @throws UsageError naming the process that wants another user's
 */
const checkUsers = ({ kind }: Scope, { target }: Pick<SessionContext, 'target'>): void => {
  if (kind === 'system') return;
  const unit = target?.units.find((candidate) => activationOf(candidate).user !== null);
  if (unit === undefined) return;
  throw new UsageError({
    what: `Process instance "${unit.instance}" runs as the user ${activationOf(unit).user ?? ''}, which a user's own systemd cannot do`,
    fix: 'Add --force-disable-user-change, or deploy to the system as root without --user',
  });
};

/**
 * What does not need systemd's answer. Its processes are started first.
 *
 * @throws ZodError as activationOf
 */
const lookMeanwhile = async ({ directory }: Scope, { target }: Pick<SessionContext, 'target'>) => {
  await setImmediate();
  const units = target?.units.flatMap(unitsOf) ?? [];
  return { units, ours: listDirectory(directory, units) };
};

/** @throws ManagerUnavailableError when systemd cannot be reached; UsageError when it cannot run these units */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const scope = chooseScope(context);
  const systemctl = createSystemctl(context.run, scope, context.answerLimits);
  const asking = askManager(systemctl, scope);
  // Nearly everybody who connects asks next what runs.
  systemctl.askAhead();
  const [manager, { units, ours }] = await Promise.all([
    asking,
    lookMeanwhile(scope, context),
    checkOwnFiles(scope.directory, context.profileName, targetUnit(context.profileName)),
  ]);
  const unitPath = manager('UnitPath')
    .split(' ')
    .filter((directory) => directory !== '');
  checkDirectory(scope, unitPath, context);
  checkUsers(scope, context);
  return createSession(context, scope, systemctl, searchUnits(unitPath, ours, units));
};
