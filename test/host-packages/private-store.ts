import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createRun } from '../../src/system/run.js';
import { type Account, asAccount } from '../support/accounts.js';
import { repository } from '../support/repository.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

/** What a Nix command said. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Nix store of one account, with a copy of the host packages that the account can read. */
export interface PrivateStore {
  /** A directory of the account's. */
  readonly directory: string;
  readonly storeDirectory: string;
  /** The directory that stands for nixpkgs. */
  readonly hostPackages: string;
  /** Evaluates an expression in which `pkgs` and `lib` are defined, to JSON. Throws with what Nix said. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  /** Builds such an expression and gives its output path; `env` replaces variables. Throws with what Nix said. */
  readonly build: (expression: string, env?: Readonly<Record<string, string>>) => Promise<string>;
  /** As `build`, for builds and evaluations that are to fail. */
  readonly tryBuild: (expression: string) => Promise<Outcome>;
  /** The names (without hashes) of all that a store path refers to, itself included. */
  readonly closure: (path: string) => Promise<readonly string[]>;
  /** Runs a program as the account, with an environment that holds nothing but what is given. */
  readonly run: (file: string, args?: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Outcome>;
  readonly remove: () => Promise<void>;
}

const withoutNetwork = ['--option', 'substitute', 'false'];
const byTheHostItself = ['--option', 'sandbox', 'false', '--option', 'build-users-group', ''];

export const makePrivateStore = async (account: Account): Promise<PrivateStore> => {
  const temporary = await makeTemporaryDirectory();
  const directory = temporary.path;
  const nix = join(directory, 'nix');
  const storeDirectory = join(directory, 'store');
  const hostPackages = join(nix, 'host-packages');
  const runHere = createRun(process.env);
  await cp(join(repository, 'nix'), nix, { recursive: true });
  await runHere({ file: 'chmod', args: ['-R', 'a+rX', nix] });
  await runHere({ file: 'chown', args: [`${String(account.uid)}:${String(account.gid)}`, directory] });

  const nixCommand = (
    file: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> =>
    runHere({
      ...asAccount(account, file, [...args]),
      cwd: directory,
      env: {
        HOME: directory,
        NIX_STORE_DIR: storeDirectory,
        NIX_STATE_DIR: join(directory, 'var'),
        NIX_LOG_DIR: join(directory, 'log'),
        NIX_PATH: `nixpkgs=${hostPackages}`,
        NIX_REMOTE: undefined,
        NIX_CONF_DIR: directory,
        ...more,
      },
    });
  const demand = async (outcome: Promise<Outcome>): Promise<string> => {
    const { exitCode, stdout, stderr } = await outcome;
    if (exitCode !== 0) throw new Error(stderr);
    return stdout;
  };
  const withPackages = (expression: string): string =>
    `let pkgs = import <nixpkgs> { }; lib = import <nixpkgs/lib>; in ${expression}`;
  const tryBuild = (expression: string, env?: Readonly<Record<string, string>>): Promise<Outcome> =>
    nixCommand(
      'nix-build',
      ['--no-out-link', ...withoutNetwork, ...byTheHostItself, '--expr', withPackages(expression)],
      env,
    );

  return {
    directory,
    storeDirectory,
    hostPackages,
    evaluate: async (expression) =>
      JSON.parse(
        await demand(
          nixCommand('nix-instantiate', [
            ...['--eval', '--strict', '--json', '--read-write-mode'],
            ...withoutNetwork,
            '--expr',
            withPackages(expression),
          ]),
        ),
      ) as unknown,
    build: async (expression, env) => (await demand(tryBuild(expression, env))).trim(),
    tryBuild,
    closure: async (path) => {
      const listed = await demand(nixCommand('nix-store', ['-qR', path]));
      return listed
        .trim()
        .split('\n')
        .map((entry) => entry.slice(`${storeDirectory}/`.length + 33));
    },
    run: (file, args = [], env = {}) =>
      createRun({})({ ...asAccount(account, file, [...args]), cwd: directory, env: { PATH: '/usr/bin:/bin', ...env } }),
    remove: temporary.remove,
  };
};
