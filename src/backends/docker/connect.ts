import { getent } from '../../credentials/account-dialect.js';
import type { Accounts } from '../../credentials/accounts.js';
import type { Ports } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import type { ManagerSession, SessionContext } from '../backend.js';
import type { ActivationData } from './activation-data.js';
import { listContainers } from './containers.js';
import { findEngine } from './engine.js';
import { rememberedEngine } from './engine-record.js';
import { findHostDirectories } from './image/host-directories.js';
import { imageStore } from './image/image-store.js';
import { findIdentity } from './identity.js';
import { containersOfOthers } from './profile-containers.js';
import { DockerSession } from './session.js';

/** What the machine knows of users and groups; nothing where there is no getent (macOS, whose engines are elsewhere). */
const readAccounts = async (data: readonly ActivationData[], { run }: Ports): Promise<Accounts> => {
  const written = data.flatMap(({ image }) => (image.kind === 'written' ? [image] : []));
  const users = new Set(written.flatMap((image) => [...image.users.map(({ name }) => name), ...image.otherUsers]));
  const groups = new Set(
    written.flatMap((image) => [
      ...image.groups.map(({ name }) => name),
      ...image.users.map(({ name, group }) => group ?? name),
    ]),
  );
  const read = async ({ file, args }: ReturnType<typeof getent.readUsers>): Promise<string> => {
    try {
      return (await run({ file, args, timeout: 60_000 })).stdout;
    } catch (error) {
      if (error instanceof MissingProgramError) return '';
      throw error;
    }
  };
  return {
    users: users.size === 0 ? [] : getent.parseUsers(await read(getent.readUsers([...users].sort()))),
    groups: groups.size === 0 ? [] : getent.parseGroups(await read(getent.readGroups([...groups].sort()))),
  };
};

/** @throws ManagerUnavailableError when no engine answers */
export const connect = async (context: SessionContext): Promise<ManagerSession> => {
  const { profileLink: link, current, target, jobs, log, run } = context;
  const foreign = current?.isForeign === true ? current.units : [];
  const engine = await findEngine(
    context,
    async (candidate) =>
      (await listContainers(candidate, link)).length > 0 || (await containersOfOthers(candidate, foreign)).length > 0,
    { limits: context.answerLimits, isDeployed: (current?.units ?? []).length > 0, remembered: rememberedEngine(link) },
  );
  const hostDirectories = await findHostDirectories(engine.isPodman);
  const identity = await findIdentity(engine, (target ?? current)?.forceDisableUserChange === true);
  return new DockerSession({
    engine,
    images: imageStore(engine, link, hostDirectories.mounts, run),
    profile: link,
    foreign,
    hostMounts: hostDirectories.mounts,
    identity,
    machineFor: async (data) => ({
      profile: link,
      accounts: await readAccounts(data, context),
      caller: identity.caller,
      hostDirectories,
    }),
    jobs,
    log,
  });
};
