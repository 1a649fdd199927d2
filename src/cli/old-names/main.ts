// The entry of every executable that is called as a command of nix-processmgmt; its name says which one it is.
import { runOldCommand } from './run-old-command.js';

const version = (globalThis as { NIXPROC_VERSION?: string }).NIXPROC_VERSION ?? 'unknown';
const [, path = '', ...args] = process.argv;

process.exitCode = await runOldCommand(path, args, process.env, version);
