// What the executables load when they have more to do than --version; see code-cache/load-program.ts.
export { runOldCommand } from './old-names/run-old-command.js';
export { refuseRelativePaths } from './refuse-relative-paths.js';
export { runCli } from './run-cli.js';
