import type { ChangePolicy } from '../backends/backend.js';
import type { Credentials, InstanceName, ManagerName, ProcessName } from '../model/process-model.js';
import type { Leftovers } from '../model/leftovers.js';
import type { Readiness } from '../model/readiness.js';
import type { JsonObject } from '../system/json.js';

/** One process in a manifest. */
export interface ManifestUnit {
  readonly instance: InstanceName;
  readonly name: ProcessName;
  /** Dependencies come before dependents: 0 has none. */
  readonly level: number;
  readonly dependencies: readonly InstanceName[];
  /** Hash of `properties`. */
  readonly fingerprint: string;
  /** What a change is judged by, with the properties' own names. */
  readonly properties: JsonObject;
  /** A difference in these alone is a reload. */
  readonly reloadProperties?: JsonObject;
  /** Absent for a process that is restarted when it has changed, and stopped when it is no longer wanted. */
  readonly changePolicy?: ChangePolicy;
  /** What the backend needs to activate it. */
  readonly activation: JsonObject;
  /** Set for a process whose ports are not those of the machine. */
  readonly ownNetwork?: true;
  readonly credentials: Credentials;
  readonly port: number | null;
  /** When it is ready; null for as soon as its manager says that it runs. */
  readonly readiness: Readiness | null;
  /** Only for a process whose failure does not fail a deployment. */
  readonly critical?: false;
  /** Seconds; only where the model says something. */
  readonly startTimeout?: number;
  readonly stopTimeout?: number;
  /** What becomes of processes that it leaves behind; only where the model says something. */
  readonly leftovers?: Leftovers;
  /** Only for a process that alone is ended, whatever it has started. */
  readonly endsAlone?: true;
  /** Whom a daemon runs as that opens its PID file itself, where others can write; only where a manager has no record of it. */
  readonly user?: string;
  /** That file. */
  readonly pidFile?: string;
  /** True for a process that another tool, or a package, laid out: its properties are texts that were found. */
  readonly isLaidOut?: true;
}

/** Store paths of the shell and the coreutils that build a profile. */
export interface ProfileBuilder {
  readonly shell: string;
  readonly coreutils: string;
}

/** What the profile says about itself: everything after the build works from it. */
export interface Manifest {
  readonly formatVersion: 1;
  /** Null for a profile in which nothing tells: another tool built it, and nothing runs. */
  readonly manager: ManagerName | null;
  readonly directories: ManifestDirectories;
  readonly forceDisableUserChange: boolean;
  /** What builds an empty profile when this one is undeployed; null when it is not known. */
  readonly builder: ProfileBuilder | null;
  readonly hostPackages: boolean;
  /** Backend specific data of the whole profile. */
  readonly data: JsonObject;
  /** Another tool built it: what the profile says was read from its layout. */
  readonly isForeign?: true;
  /** Sorted by level, then instance name. */
  readonly units: readonly ManifestUnit[];
}

/** The manifest of a profile that we build. */
export type OwnManifest = Manifest & { readonly manager: ManagerName; readonly builder: ProfileBuilder };

/** Every directory that a deployment creates; absolute paths. */
export interface ManifestDirectories {
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly logDir: string;
  readonly tmpDir: string;
  readonly cacheDir: string;
  readonly spoolDir: string;
  readonly lockDir: string;
  readonly libDir: string;
}

/** A unit of a built profile. */
export interface DeployedUnit extends ManifestUnit {
  /** The profile (a store path) that holds the unit's files. */
  readonly profile: string;
}
