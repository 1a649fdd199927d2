// Run by the build in dist: writes what V8 has compiled of the program after it has been used. Functions are compiled when
// they are first called: those that common commands call are worth keeping, and many others are never called. Exits with 1
// when a command has failed; what was compiled until then is written all the same.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Script } from 'node:vm';
import { codeCacheOf, compile, createLoader } from './code-cache.js';
import { programFile, type Program } from './load-program.js';
import { sampleEvaluation } from './sample-evaluation.js';
import { makeStandIns } from './stand-ins.js';

const scripts = new Map<string, Script>();
const load = createLoader((file) => {
  const script = compile(file, undefined);
  scripts.set(file, script);
  return script;
});
const { runCli } = load(programFile()) as Program;

const directory = mkdtempSync(join(tmpdir(), 'nix-processmgmt-ts-build-'));
try {
  const env = {
    PATH: `${makeStandIns(directory)}:${process.env['PATH'] ?? ''}`,
    HOME: directory,
    NIX_USER_PROFILE_DIR: directory,
    NIXPROC_SETTLE: '0',
  };
  const model = join(directory, 'processes.nix');
  writeFileSync(model, sampleEvaluation({ application: [], proxy: ['application'] }));
  const empty = join(directory, 'empty.nix');
  writeFileSync(empty, sampleEvaluation({}));
  const state = ['--state-dir', join(directory, 'state')];
  const anybody = '--force-disable-user-change';
  const commands: readonly { readonly command: readonly string[]; readonly expected?: number }[] = [
    { command: ['--help'] },
    ...['systemd', 'supervisord', 'sysvinit'].flatMap((manager) => [
      { command: ['build', '-P', manager, '--no-out-link', ...state, model] },
      // As if that had been deployed: this looks at it, but nothing is started.
      { command: ['plan', '-P', manager, '-p', join(directory, 'newest'), anybody, ...state, model] },
    ]),
    // Of nothing, which starts nothing; and again, which changes nothing.
    { command: ['switch', '-P', 'sysvinit', anybody, ...state, empty] },
    { command: ['switch', anybody, ...state, empty] },
    { command: ['status'], expected: 4 },
  ];
  for (const { command, expected = 0 } of commands) {
    const exitCode = await runCli(command, env, 'unknown');
    if (exitCode !== expected) {
      process.stderr.write(`${command.join(' ')}: exit code ${exitCode}\n`);
      process.exitCode = 1;
    }
  }
  for (const [file, script] of scripts) writeFileSync(codeCacheOf(file), script.createCachedData());
} finally {
  rmSync(directory, { recursive: true, force: true });
}
