import type { Ports } from '../system/ports.js';

/** What is to be started when the machine boots. */
export interface BootRequest {
  /** How it is called where several are; letters, digits, "-", "_" and "." alone. */
  readonly name: string;
  /** For people. */
  readonly description: string;
  /** An executable script that runs until SIGTERM ends it. */
  readonly script: string;
  /** Where its output goes when the init of the machine keeps none. */
  readonly log: string;
}

/** What has something started at boot: a unit, a script or a line of a table. */
export interface BootEntry {
  /** Where it is, for people: a path, or "crontab of NAME". */
  readonly place: string;
  /** Whether it is there, whatever it says. */
  isThere(): Promise<boolean>;
  /** @throws ActivationError when it could not be written */
  check(): Promise<void>;
  /** Writes it, in the place of an earlier one. @throws ActivationError */
  write(): Promise<void>;
  /** Removes it; does nothing when it is not there. @throws ActivationError */
  remove(): Promise<void>;
}

/** What starts programs of this user when a machine boots. */
export interface MachineInit {
  /** Whether it does so on this machine, for the calling user. */
  isInCharge(ports: Pick<Ports, 'env' | 'run'>): Promise<boolean>;
  entryFor(request: BootRequest, ports: Pick<Ports, 'env' | 'run'>): BootEntry;
}
