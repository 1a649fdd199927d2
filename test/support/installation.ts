import { access, chmod, copyFile, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createRun } from '../../src/system/run.js';
import { type Account, asAccount } from './accounts.js';
import { repository } from './repository.js';
import { makeTemporaryDirectory } from './temporary-directory.js';

/** The built tool where every user can read it, as a package would install it; a clone may lie below /root. */
export interface Installation {
  /** argv that runs the tool. */
  readonly tool: readonly [string, string];
  readonly fixtures: string;
  readonly remove: () => Promise<void>;
}

const canRun = async (file: string, account: Account): Promise<boolean> => {
  const { exitCode } = await createRun(process.env)({ ...asAccount(account, file, ['--version']), cwd: '/' });
  return exitCode === 0;
};

const readableNode = async (directory: string, account: Account): Promise<string> => {
  if (await canRun(process.execPath, account)) return process.execPath;
  const copy = join(directory, 'node');
  await copyFile(process.execPath, copy);
  await chmod(copy, 0o755);
  return copy;
};

/** Copies what a package of the tool has in it. */
export const copyTool = async (
  directory: string,
  parts: readonly string[] = ['bin', 'dist', 'nix', 'package.json'],
): Promise<void> => {
  // Another program can be tested in the place of ours: scripts/mutants.mjs.
  const { NIXPROC_TEST_DIST: dist = join(repository, 'dist') } = process.env;
  for (const part of parts) {
    await cp(part === 'dist' ? dist : join(repository, part), join(directory, part), { recursive: true });
  }
};

/** Copies what `npm run build` has made; throws when it has not been run. */
export const install = async (account: Account): Promise<Installation> => {
  await access(join(repository, 'dist', 'main.js'));
  const directory = await makeTemporaryDirectory();
  const tool = join(directory.path, 'nix-processmgmt-ts');
  await copyTool(tool);
  await copyTool(tool, ['fixtures']);
  await createRun(process.env)({ file: 'chmod', args: ['-R', 'a+rX', tool] });
  return {
    tool: [await readableNode(directory.path, account), join(tool, 'bin', 'nix-processmgmt-ts')],
    fixtures: join(tool, 'fixtures'),
    remove: directory.remove,
  };
};
