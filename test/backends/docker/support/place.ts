import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { DeployedProfile, DeployedUnit, ManagerSession, UnitOutcome } from '../../../../src/backends/backend.js';
import { connect } from '../../../../src/backends/docker/connect.js';
import { docker } from '../../../../src/backends/docker/index.js';
import type { ManagedProcess, ProcessName } from '../../../../src/model/process-model.js';
import type { Readiness } from '../../../../src/model/readiness.js';
import type { JsonObject } from '../../../../src/system/json.js';
import type { Run } from '../../../../src/system/ports.js';
import { createRun } from '../../../../src/system/run.js';
import { asAccount } from '../../../support/accounts.js';
import type { ContainerNamespace } from '../../../support/container-namespace.js';
import { makeTemporaryDirectory } from '../../../support/temporary-directory.js';
import { managedProcess, renderDirect, renderManaged } from '../../support/render-unit.js';

/** A process of a generation. */
export type Program = ManagedProgram | { readonly direct: JsonObject & { readonly name: string } };
export type ManagedProgram = Partial<Omit<ManagedProcess, 'name'>> & {
  readonly name: string;
  readonly level?: number;
  readonly readiness?: Readiness;
  readonly override?: JsonObject;
};

/** A profile of its own, with its state, whose containers run in a namespace. */
export interface Place {
  readonly root: string;
  readonly link: string;
  /** The engine's command line. */
  readonly program: string;
  /** Warnings that sessions gave. */
  readonly warnings: string[];
  readonly generation: (
    programs: readonly Program[],
    options?: { readonly forceDisableUserChange?: boolean; readonly tools?: Readonly<Record<string, string>> },
  ) => DeployedProfile;
  readonly connect: (generations: {
    readonly current?: DeployedProfile | null;
    readonly target?: DeployedProfile | null;
  }) => Promise<ManagerSession>;
  /** Runs the engine's command line. */
  readonly engine: (...args: readonly string[]) => Promise<string>;
  /** Removes every container and image of the profile. */
  readonly clear: () => Promise<void>;
  /** Removes its files. */
  readonly remove: () => Promise<void>;
}

/** @param engine the program inside */
export const makePlace = async (namespace: ContainerNamespace, engine = 'podman'): Promise<Place> => {
  const { path: root, remove } = await makeTemporaryDirectory();
  for (const directory of ['run', 'log', 'tmp', 'store']) mkdirSync(join(root, directory));
  const link = join(root, 'profile-link');
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => warnings.push((JSON.parse(line) as { msg: string }).msg) });
  const runOutside = createRun(process.env);
  const run: Run = (request) => runOutside({ ...request, ...asAccount(namespace.account, request.file, request.args) });
  const connectHere: Place['connect'] = ({ current = null, target = null }) =>
    connect({
      run,
      log,
      env: { NIXPROC_CONTAINER_ENGINE: engine },
      profileName: 'profile-link',
      profileLink: link,
      current,
      target,
      managerOptions: {},
      jobs: 4,
    });
  let generations = 0;
  return {
    root,
    link,
    program: engine,
    warnings,
    generation: (programs, { forceDisableUserChange = false, tools = {} } = {}) => {
      generations += 1;
      const path = join(root, `generation-${generations}`);
      mkdirSync(path);
      const surroundings = { root, forceDisableUserChange, tools: { store: join(root, 'store'), ...tools } };
      const units = programs.map((program): DeployedUnit => {
        if ('direct' in program) return renderDirect(docker, program.direct, surroundings, { profile: path }).unit;
        const { override = {}, level = 0, readiness = null, name, ...properties } = program;
        const pidFile = join(root, 'run', `${name}.pid`);
        const managed = managedProcess({ pidFile, ...properties, name: name as ProcessName });
        return renderManaged(
          docker,
          managed,
          { ...surroundings, level, readiness },
          { profile: path, overrides: override },
        ).unit;
      });
      return {
        path,
        profileName: 'profile-link',
        units,
        data: {},
        directories: { stateDir: root, runtimeDir: join(root, 'run'), logDir: join(root, 'log') },
        forceDisableUserChange,
      };
    },
    connect: connectHere,
    engine: async (...args) => {
      const { exitCode, stdout, stderr } = await run({ file: engine, args });
      if (exitCode !== 0) throw new Error(`${engine} ${args.join(' ')}: ${stderr}`);
      return stdout.trim();
    },
    clear: async () => {
      await (await connectHere({})).finish(null);
    },
    remove,
  };
};

/** Deploys a generation as a switch does, where nothing has to be stopped. */
export const deploy = async (session: ManagerSession, profile: DeployedProfile): Promise<readonly UnitOutcome[]> => {
  await session.install(profile);
  const outcomes: UnitOutcome[] = [];
  for (const level of [...new Set(profile.units.map((unit) => unit.level))].sort()) {
    outcomes.push(...(await session.start(profile.units.filter((unit) => unit.level === level))));
  }
  if (outcomes.every(({ ok }) => ok)) await session.finish(profile);
  return outcomes;
};

export const failures = (outcomes: readonly UnitOutcome[]): readonly UnitOutcome[] => outcomes.filter(({ ok }) => !ok);

export const unitCalled = ({ units }: DeployedProfile, name: string): DeployedUnit => {
  const unit = units.find((candidate) => candidate.name === name);
  if (unit === undefined) throw new Error(`there is no unit ${name}`);
  return unit;
};
