// The entry of every executable that is called as a command of nix-processmgmt; its name says which one it is.
import { ignoreLostOutput } from '../lost-output.js';
import { runOldCommand } from './run-old-command.js';

const version = (globalThis as { NIXPROC_VERSION?: string }).NIXPROC_VERSION ?? 'unknown';
const [, path = '', ...args] = process.argv;

ignoreLostOutput();
process.exitCode = await runOldCommand(path, args, process.env, version);
