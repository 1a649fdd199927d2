import { ManagerUnavailableError } from '../../system/errors.js';
import type { Ports } from '../../system/ports.js';
import type { DeployedProfile, SessionContext } from '../backend.js';
import { hasProfileDirectory, makeProfileDirectory } from '../shared/own-directory.js';
import { adopt, isAdopted, livePathOf } from './adopted-live.js';
import { profileDataOf, programsOnPath } from './activation-data.js';
import { liveState, type LiveState } from './live-state.js';
import { longrunProcesses, type LongrunProcesses } from './longrun-processes.js';
import { placeOf, type Place } from './place.js';
import { programsOf, type Programs } from './programs.js';
import { prefixOf, scanLinks } from './scan-links.js';
import { supervisionOf, type Condition } from './supervision.js';
import { treeEnd, type Parts, type TreeEnd } from './tree-end.js';

/** The s6-rc of a deployment: its live state, and the s6-svscan that supervises its longruns. */
export interface Tree extends Omit<LongrunProcesses, 'statusesOfAll'>, Pick<TreeEnd, 'dissolve'> {
  readonly place: Place;
  readonly programs: Programs;
  readonly live: LiveState;
  /** How it is: after a restart of the machine there may be a live state that is dead. */
  look(): Promise<Condition>;
  /** Whether there is a live state of which anything runs. */
  isAlive(): Promise<boolean>;
  /** What of somebody else is in a scan directory that others use as well, by the services that would get these names. */
  strangers(services: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Has everything running, with all services down if it is new.
   *
   * @param database what becomes the live database of a new live state
   * @throws ManagerUnavailableError
   */
  ensureAlive(database: string): Promise<void>;
  /** Takes over a live state of nix-processmgmt, if it is one. */
  adopt(): Promise<void>;
  /** Ends it, and everything that is still supervised with it, if there is any of it. @throws ActivationError */
  end(): Promise<void>;
}

const contents = 'the live state of s6-rc';

/** @throws ManagerUnavailableError when there is no way to run it there */
const partsOf = (profile: DeployedProfile, ports: Ports & Pick<SessionContext, 'answerLimits'>): Parts => {
  const place = placeOf(profile.directories.runtimeDir, profile.profileName);
  const data = profileDataOf(profile.data) ?? (profile.isForeign === true ? programsOnPath : null);
  if (data === null) {
    throw new ManagerUnavailableError({
      what: `The profile ${profile.path} does not say which s6 it needs`,
      why: 'Another version of this program has built it',
      fix: 'Build and deploy the model again',
    });
  }
  const programs = programsOf(data, ports);
  const live = liveState(livePathOf(place, profile), programs);
  return { place, programs, live, isForeign: live.path !== place.live };
};

/** @throws ManagerUnavailableError when there is no way to run it there */
export const treeOf = (profile: DeployedProfile, ports: Ports & Pick<SessionContext, 'answerLimits'>): Tree => {
  const { directories, profileName } = profile;
  const parts = partsOf(profile, ports);
  const { place, live, isForeign } = parts;
  const prefix = isForeign ? '' : prefixOf(profileName);
  const longruns = longrunProcesses(profile.units, parts, ports);
  const supervision = supervisionOf(parts);
  const links = scanLinks(parts, prefix, directories.runtimeDir, ports);
  const ending = treeEnd(parts, { longruns, supervision, links }, ports.log);
  const hasDirectory = (): boolean => hasProfileDirectory(place.directory, contents);

  /** @throws ManagerUnavailableError when somebody else's directory is in the place of ours */
  const look = async (): Promise<Condition> => {
    const scanDirectory = hasDirectory() || isForeign ? await live.scanDirectory() : null;
    if (scanDirectory === null) return { isAlive: false, isLost: false };
    return supervision.condition(scanDirectory, async () => (await longruns.orphans(new Map())).length > 0);
  };

  const isAlive = async (): Promise<boolean> => (await look()).isAlive;

  return {
    ...longruns,
    ...parts,
    look,
    isAlive,
    remember: async (statuses) => {
      if (hasDirectory()) await longruns.remember(statuses);
    },
    dissolve: ending.dissolve,
    strangers: async (services) => {
      const scanDirectory = (await isAlive()) ? await live.scanDirectory() : undefined;
      return scanDirectory === null ? new Map() : links.strangers(services, scanDirectory ?? null);
    },
    ensureAlive: async (database) => {
      makeProfileDirectory(place.directory, contents, 0o755);
      if (await isAlive()) return;
      const before = await live.scanDirectory();
      await ending.removeLive();
      if (before !== null) await links.remove(before);
      const scanDirectory = await links.provide();
      // It stays where it was: that is what this tree works on.
      if (isForeign) await adopt(place);
      await live.init(database, scanDirectory, scanDirectory === place.scan ? null : prefixOf(profileName));
    },
    adopt: async () => {
      if (!isForeign || isAdopted(place)) return;
      makeProfileDirectory(place.directory, contents, 0o755);
      await adopt(place);
    },
    end: async () => {
      if (hasDirectory() || isForeign) await ending.end(isAlive);
    },
  };
};
