import type { ManagerSession } from '../../../src/backends/backend.js';

type Methods = {
  [Name in keyof ManagerSession]-?: Extract<ManagerSession[Name], (...args: never) => unknown> extends never
    ? never
    : Name;
}[keyof ManagerSession];

/** A method of a session. */
export type Method = Methods;

/** Every method of a session, with whether the story has something to say of it. */
const all: Readonly<Record<Method, boolean>> = {
  observe: true,
  stop: true,
  install: true,
  start: true,
  restart: true,
  reload: true,
  finish: true,
  drift: true,
  awaitsReadiness: true,
  logs: true,
  collisions: true,
  // Each is for what few managers have, and is tested with those: a manager that is lost, what a killed command has left at
  // work, units that are not for now, full disks, remarks, the foreground.
  loss: false,
  requireReturn: false,
  awaitOrphans: false,
  isWanted: false,
  restartsBesides: false,
  remarks: false,
  writtenAtStart: false,
  supervise: false,
};

/** The methods without which the story must not go well. */
export const toldMethods: readonly Method[] = (Object.keys(all) as Method[]).filter((name) => all[name]);
