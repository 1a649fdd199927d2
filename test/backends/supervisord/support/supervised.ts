import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect } from '../../../../src/backends/supervisord/connect.js';
import { supervisord } from '../../../../src/backends/supervisord/index.js';
import type {
  DeployedProfile,
  DeployedUnit,
  ManagerSession,
  SessionContext,
  UnitOutcome,
} from '../../../../src/backends/backend.js';
import type { ManagedProcess, ProcessName } from '../../../../src/model/process-model.js';
import { createRun } from '../../../../src/system/run.js';
import type { JsonObject } from '../../../../src/system/json.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../../support/temporary-directory.js';
import {
  managedProcess,
  renderDirect,
  renderManaged,
  writeProfileFiles,
  type UnitOnDisk,
  type UnitSurroundings,
} from '../../support/render-unit.js';

/** Properties of createManagedProcess, and where and how the process is deployed. */
export type Properties = Partial<Omit<ManagedProcess, 'name'>> & {
  readonly level?: number;
  readonly override?: JsonObject;
};

/** What to put into a generation: a process, or the arguments of createSupervisordProgram. */
export type Program =
  | (Properties & { readonly name: string })
  | { readonly direct: JsonObject & { readonly name: string }; readonly level?: number };

/** A process that runs a shell script. */
export const sh = (name: string, script: string, properties: Properties = {}): Program => ({
  name,
  foreground: { executable: '/bin/sh', args: ['-c', script] },
  ...properties,
});

/** A process that does nothing. */
export const sleeper = (name: string, properties: Properties = {}): Program => sh(name, 'exec sleep 1000', properties);

/** supervisord of this machine (Debian's package is below /usr). */
const tools = { supervisor: '/usr' };

/** A place for deployments under supervisord: state directories, and a generation each time one is asked for. */
export interface Supervised {
  readonly root: string;
  generation(programs: readonly Program[], surroundings?: Partial<UnitSurroundings>): DeployedProfile;
  connect(options?: Partial<SessionContext>): Promise<ManagerSession>;
  remove(): Promise<void>;
}

export const makeSupervised = async (): Promise<Supervised> => {
  const directory: TemporaryDirectory = await makeTemporaryDirectory();
  const root = directory.path;
  for (const name of ['run', 'log', 'tmp']) mkdirSync(join(root, name));
  let count = 0;
  return {
    root,
    generation: (programs, surroundings) => {
      count += 1;
      const path = join(root, `profile-${count}`);
      const rendered = programs.map((program): UnitOnDisk => {
        const around = { root, tools, level: program.level ?? 0, ...surroundings };
        if ('direct' in program) return renderDirect(supervisord, program.direct, around, { profile: path });
        const { override = {}, name, ...process } = program;
        const pidFile = join(root, 'run', `${name}.pid`);
        const managed = managedProcess({ pidFile, ...process, name: name as ProcessName });
        return renderManaged(supervisord, managed, around, { profile: path, overrides: override });
      });
      const units = rendered.map(({ context, rendered: unit }) => ({ context, rendered: unit }));
      writeProfileFiles(path, supervisord.profileFiles({ units }));
      return {
        path,
        profileName: 'test',
        units: rendered.map(({ unit }) => unit),
        data: supervisord.profileData({ units }),
        directories: { stateDir: root, runtimeDir: join(root, 'run'), logDir: join(root, 'log') },
        forceDisableUserChange: false,
      };
    },
    connect: (options) =>
      connect({
        run: createRun(process.env),
        log: pino({ level: 'silent' }),
        env: process.env,
        profileName: 'test',
        profileLink: join(root, 'profile-link'),
        current: null,
        target: null,
        managerOptions: {},
        jobs: 4,
        ...options,
      }),
    remove: () => directory.remove(),
  };
};

/** Units by name. */
export const unitCalled = (profile: DeployedProfile, name: string): DeployedUnit => {
  const unit = profile.units.find((candidate) => candidate.name === name);
  if (unit === undefined) throw new Error(`there is no unit ${name}`);
  return unit;
};

export const failures = (outcomes: readonly UnitOutcome[]): readonly UnitOutcome[] => outcomes.filter(({ ok }) => !ok);

/** Starts everything level by level, as a switch does. */
export const deploy = async (session: ManagerSession, profile: DeployedProfile): Promise<readonly UnitOutcome[]> => {
  await session.install(profile);
  const levels = [...new Set(profile.units.map(({ level }) => level))].sort((a, b) => a - b);
  const outcomes: UnitOutcome[] = [];
  for (const level of levels) {
    outcomes.push(...(await session.start(profile.units.filter((unit) => unit.level === level))));
  }
  await session.finish(profile);
  return outcomes;
};

/** Stops everything and removes it, as an undeployment does. */
export const undeploy = async (session: ManagerSession, profile: DeployedProfile): Promise<void> => {
  const levels = [...new Set(profile.units.map(({ level }) => level))].sort((a, b) => b - a);
  for (const level of levels) await session.stop(profile.units.filter((unit) => unit.level === level));
  await session.install(null);
  await session.finish(null);
};

export const pidOf = async (session: ManagerSession, unit: DeployedUnit): Promise<number> => {
  const observed = (await session.observe([unit])).get(unit.instance);
  if (observed?.pid == null) throw new Error(`${unit.name} does not run: ${JSON.stringify(observed)}`);
  return observed.pid;
};
