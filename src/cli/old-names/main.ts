// The entry of every executable that is called as a command of nix-processmgmt; its name says which one it is.
import { basename } from 'node:path';
import { loadProgram } from '../code-cache/load-program.js';
import { replaceLostDirectory } from '../lost-directory.js';
import { ignoreLostOutput } from '../lost-output.js';

const version = (globalThis as { NIXPROC_VERSION?: string }).NIXPROC_VERSION ?? 'unknown';

const answer = async ([, path = '', ...args]: readonly string[]): Promise<void> => {
  ignoreLostOutput();
  const isLost = replaceLostDirectory();
  const { refuseRelativePaths, runOldCommand } = loadProgram(basename(path));
  if (isLost) refuseRelativePaths();
  process.exitCode = await runOldCommand(path, args, process.env, version);
};

void answer(process.argv);
