// The entry of the bundle. --version must not pay for a command-line parser.
const version = (globalThis as { NIXPROC_VERSION?: string }).NIXPROC_VERSION ?? 'unknown';

if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${version}\n`);
} else {
  const { ignoreLostOutput } = await import('./lost-output.js');
  ignoreLostOutput();
  const { runCli } = await import('./run-cli.js');
  process.exitCode = await runCli(process.argv.slice(2), process.env, version);
}

export {};
