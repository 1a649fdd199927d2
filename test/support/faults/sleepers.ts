import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deployment } from '../deployment.js';
import { processesThatMention } from '../processes.js';

/** One process of a model: it sleeps. Its version is in its environment. */
export interface Sleeper {
  readonly version: string;
  readonly dependsOn?: readonly string[];
  /** A file that has to be there before it starts; while it waits, there is a file FILE.awaited. Default: none. */
  readonly startsAfter?: string;
  /** A file with which its initialization fails. Default: none. */
  readonly failsWith?: string;
  /** Its initialization fails instead: no manager can take that for a start, however slow the machine is. Default: false. */
  readonly fails?: boolean;
}
export type Sleepers = Readonly<Record<string, Sleeper>>;

const header = `
{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  create = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
in
rec {
`;

/** Writes a model of sleepers. Returns its path. */
export const writeSleepers = async (deployment: Deployment, name: string, sleepers: Sleepers): Promise<string> => {
  const path = join(deployment.directory, `${name}.nix`);
  const initialization = ({ startsAfter, failsWith, fails = false }: Sleeper): string => {
    if (fails) return 'exit 3';
    if (failsWith !== undefined) return `if test -e ${failsWith}; then exit 3; fi`;
    return startsAfter === undefined
      ? ''
      : `: >${startsAfter}.awaited; while ! test -e ${startsAfter}; do sleep 0.1; done; rm -f ${startsAfter}.awaited`;
  };
  const instances = Object.entries(sleepers).map(
    ([instance, sleeper]) => `
  ${instance}.pkg = create {
    instanceName = "${instance}";
    foregroundProcess = "/bin/sh";
    args = [ "-c" "exec sleep 100000" ];
    environment = { SLEEPER = "${instance}"; VERSION = "${sleeper.version}"; PLACE = "${deployment.directory}"; };
    initialize = "${initialization(sleeper)}";
    dependencies = [ ${(sleeper.dependsOn ?? []).map((dependency) => `${dependency}.pkg`).join(' ')} ];
    overrides.supervisord = ${sleeper.fails === true ? '{ startsecs = 60; startretries = 0; }' : '{ startsecs = 0; }'};
  };`,
  );
  await writeFile(path, `${header}${instances.join('\n')}\n}\n`);
  return path;
};

/** Options that put a model of sleepers where the deployment is. */
export const sleeperOptions = (deployment: Deployment): readonly string[] => [
  '--host-packages',
  `--state-dir=${deployment.stateDir}`,
  '--force-disable-user-change',
];

/** "a 1" for each sleeper that runs, once for each of its processes. */
export const runningSleepers = (deployment: Deployment): readonly string[] =>
  processesThatMention(deployment.directory)
    .filter(({ commandLine }) => commandLine === 'sleep 100000')
    .map(({ pid }) => {
      const variables = new Map(
        readFileSync(`/proc/${pid}/environ`, 'utf8')
          .split('\0')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      return `${variables.get('SLEEPER') ?? ''} ${variables.get('VERSION') ?? ''}`;
    })
    .sort();

/** What should run of a model, as runningSleepers tells it. */
export const expectedSleepers = (sleepers: Sleepers): readonly string[] =>
  Object.entries(sleepers)
    .map(([instance, { version }]) => `${instance} ${version}`)
    .sort();
