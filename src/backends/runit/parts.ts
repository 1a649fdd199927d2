import type { Ports } from '../../system/ports.js';
import type { DeployedProfile, SessionContext } from '../backend.js';
import { hasProfileDirectory } from '../shared/own-directory.js';
import { parseProfileData } from './activation-data.js';
import { liveDirectories, type LiveDirectories } from './live-directories.js';
import { placeOf, type Place } from './place.js';
import { programsOf, type Programs } from './programs.js';
import { defaultPatience } from './scripts.js';

export type RunitPorts = Pick<Ports, 'run' | 'env' | 'log'> & Pick<SessionContext, 'answerLimits' | 'timeouts'>;

/** What is in the directory of a profile, for messages. */
export const contents = 'the service directories of runit';

/** How often is looked whether something has come about, in milliseconds. */
export const pause = 20;

/** What the runit of one profile consists of. */
export interface Parts {
  readonly place: Place;
  readonly programs: Programs;
  readonly live: LiveDirectories;
  readonly ports: RunitPorts;
  /** Ends every wait. */
  readonly signal: AbortSignal | undefined;
  /** Seconds that the process of a service gets to end. */
  readonly secondsFor: (name: string) => number;
  /** Whether there is a directory of ours. @throws ManagerUnavailableError when it is somebody else's */
  readonly isThere: () => boolean;
}

export const partsOf = (
  { directories: { runtimeDir }, profileName, data, units }: DeployedProfile,
  ports: RunitPorts,
): Parts => {
  const place = placeOf(runtimeDir, profileName);
  const seconds = new Map<string, number | undefined>(units.map(({ name, stopTimeout }) => [name, stopTimeout]));
  return {
    place,
    programs: programsOf(parseProfileData(data), ports),
    live: liveDirectories(place),
    ports,
    signal: ports.answerLimits?.stopSignals?.second,
    secondsFor: (name) => seconds.get(name) ?? ports.timeouts?.stop ?? defaultPatience,
    isThere: () => hasProfileDirectory(place.directory, contents),
  };
};
