import type { Ports } from '../../system/ports.js';
import type { DeployedProfile, SessionContext } from '../backend.js';
import type { Tree } from './tree.js';

/** Something about services, by their names. */
export type ByService<T> = ReadonlyMap<string, T>;

export interface SessionPorts extends Ports, Pick<SessionContext, 'answerLimits'> {
  readonly jobs: number;
}

/** What a session works on at a moment: an installation may change all of it but the ports. */
export interface Scene {
  readonly tree: Tree;
  /** What is deployed, or about to be. */
  readonly profile: DeployedProfile;
  readonly ports: SessionPorts;
}
