import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pino } from 'pino';
import type {
  DeployedProfile,
  DeployedUnit,
  ManagerSession,
  Observation,
  SessionContext,
  UnitOutcome,
} from '../../../../src/backends/backend.js';
import { connect } from '../../../../src/backends/s6-rc/connect.js';
import { s6rc } from '../../../../src/backends/s6-rc/index.js';
import type { ManagedProcess, ProcessName } from '../../../../src/model/process-model.js';
import type { JsonObject } from '../../../../src/system/json.js';
import { createRun } from '../../../../src/system/run.js';
import { makeTemporaryDirectory } from '../../../support/temporary-directory.js';
import {
  managedProcess,
  renderDirect,
  renderManaged,
  writeProfileFiles,
  type UnitOnDisk,
  type UnitSurroundings,
} from '../../support/render-unit.js';
import { installStandIn, type StandIn } from './stand-in.js';

/** Debian's packages: execline keeps its commands in a directory of their own. */
export const tools = { execline: '/usr/lib/execline', s6: '/usr' };

interface Surroundings {
  readonly level?: number;
  readonly dependencies?: readonly string[];
}

/** Properties of createManagedProcess with overrides, and where the process stands in the model. */
export type Properties = Partial<Omit<ManagedProcess, 'name'>> & Surroundings & { readonly override?: JsonObject };

/** What to put into a generation: a process, or the arguments of one of s6-rc's create functions. */
export type Service =
  | (Properties & { readonly name: string })
  | (Surroundings & { readonly direct: JsonObject & { readonly name: string } });

/** A process that runs a shell script. */
export const sh = (name: string, script: string, properties: Properties = {}): Service => ({
  name,
  foreground: { executable: '/bin/sh', args: ['-c', script] },
  ...properties,
});

/** A process that does nothing. */
export const sleeper = (name: string, properties: Properties = {}): Service => sh(name, 'exec sleep 1000', properties);

/** A place for deployments under s6-rc: state directories, and a generation each time one is asked for. */
export interface S6Place {
  readonly root: string;
  readonly standIn: StandIn;
  generation(services: readonly Service[], surroundings?: Partial<UnitSurroundings>): DeployedProfile;
  connect(current: DeployedProfile | null, target: DeployedProfile | null): Promise<ManagerSession>;
  remove(): Promise<void>;
}

export const makeS6Place = async (env: Readonly<Record<string, string>> = {}): Promise<S6Place> => {
  const { path: root, remove } = await makeTemporaryDirectory();
  for (const name of ['run', 'log', 'tmp']) mkdirSync(join(root, name));
  const standIn = installStandIn(root);
  let count = 0;
  const environment = {
    ...env,
    ...standIn.env,
    PATH: [standIn.bin, process.env['PATH'] ?? ''].join(delimiter),
  };
  const context: Omit<SessionContext, 'current' | 'target'> = {
    run: createRun(environment),
    log: pino({ level: 'silent' }),
    env: environment,
    profileName: 'test',
    profileLink: join(root, 'profile-link'),
    managerOptions: {},
    jobs: 4,
  };
  return {
    root,
    standIn,
    generation: (services, surroundings) => {
      count += 1;
      const path = join(root, 'store', `profile-${count}`);
      mkdirSync(path, { recursive: true });
      const rendered = services.map((service): UnitOnDisk => {
        const { level = 0, dependencies = [] } = service;
        const around = { root, tools, level, dependencies, ...surroundings };
        if ('direct' in service) return renderDirect(s6rc, service.direct, around, { profile: path });
        const { override = {}, name, ...properties } = service;
        const managed = managedProcess({
          pidFile: join(root, 'run', `${name}.pid`),
          ...properties,
          name: name as ProcessName,
        });
        return renderManaged(s6rc, managed, around, { profile: path, overrides: override });
      });
      const units = rendered.map(({ context: unit, rendered: files }) => ({ context: unit, rendered: files }));
      writeProfileFiles(path, s6rc.profileFiles({ units }));
      return {
        path,
        profileName: 'test',
        units: rendered.map(({ unit, context: { instance } }) => ({
          ...unit,
          dependencies: instance.dependencies.map((name) => name as unknown as DeployedUnit['instance']),
        })),
        data: s6rc.profileData({ units }),
        directories: { stateDir: root, runtimeDir: join(root, 'run'), logDir: join(root, 'log') },
        forceDisableUserChange: false,
      };
    },
    connect: (current, target) => connect({ ...context, current, target }),
    remove,
  };
};

/** Units by name. */
export const unitCalled = (profile: DeployedProfile, name: string): DeployedUnit => {
  const unit = profile.units.find((candidate) => candidate.name === name);
  if (unit === undefined) throw new Error(`there is no unit ${name}`);
  return unit;
};

export const failures = (outcomes: readonly UnitOutcome[]): readonly UnitOutcome[] => outcomes.filter(({ ok }) => !ok);

/** Starts everything, as a switch does for a manager that orders its units itself. */
export const deploy = async (session: ManagerSession, profile: DeployedProfile): Promise<readonly UnitOutcome[]> => {
  await session.install(profile);
  const outcomes = await session.start(profile.units);
  await session.finish(profile);
  return outcomes;
};

/** Stops everything and removes it, as an undeployment does. */
export const undeploy = async (session: ManagerSession, profile: DeployedProfile): Promise<void> => {
  await session.stop(profile.units);
  await session.install(null);
  await session.finish(null);
};

export const observe = async (
  session: ManagerSession,
  profile: DeployedProfile,
): Promise<Readonly<Record<string, Observation>>> => {
  const observations = await session.observe(profile.units);
  return Object.fromEntries(
    profile.units.flatMap(({ name, instance }) => {
      const observation = observations.get(instance);
      return observation === undefined ? [] : [[name, observation]];
    }),
  );
};

/** PIDs by process name; null for what does not run. */
export const pidsOf = async (
  session: ManagerSession,
  profile: DeployedProfile,
): Promise<Readonly<Record<string, number | null>>> =>
  Object.fromEntries(Object.entries(await observe(session, profile)).map(([name, { pid }]) => [name, pid]));
