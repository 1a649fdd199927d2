import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { asAccount, type Account } from '../support/accounts.js';
import { bundleProgram } from '../support/bundle-program.js';
import type { Installation } from '../support/installation.js';

/** A case in which something is wrong. */
export interface Failure {
  readonly failed: number;
  readonly kind: string;
  readonly complaint: string;
  readonly endings: readonly {
    readonly line: readonly string[];
    readonly exitCode: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }[];
}

/** What came of many cases. */
export interface Cases {
  readonly count: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly byExitCode: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

export interface CasesRequest {
  readonly installation: Installation;
  /** Who runs the cases: mostly somebody who cannot hurt the machine. */
  readonly account: Account;
  /** A directory that is removed afterwards. */
  readonly directory: string;
  readonly seed: number;
  readonly from?: number;
  readonly count: number;
  /** Names of kinds, separated by commas. Default: all. */
  readonly only?: string;
  /** Milliseconds after which no case is begun any more. Default: none. */
  readonly limit?: number;
}

/** Milliseconds without a word, after which the program is ended: even a loop without an end must not stop us. */
const patience = 30_000;

interface Line {
  readonly begin?: number;
  readonly failed?: number;
  readonly kind: string;
  readonly codes?: readonly (number | null)[];
}

const increment = (table: Record<string, number>, key: string): void => {
  table[key] = (table[key] ?? 0) + 1;
};

/**
 * Runs cases in a process of its own, and goes on with the next case in another one where that process hangs or ends.
 *
 * @returns how many cases there were, and those that failed
 * @throws Error when the program cannot even begin
 */
export const runCases = async (request: CasesRequest): Promise<Cases> => {
  const { installation, account, directory, seed, from = 0, count, only = 'all', limit = Infinity } = request;
  const [node, executable] = installation.tool;
  const program = await bundleProgram('test/fuzz/program/main.ts', join(dirname(dirname(executable)), 'dist'));
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary, { recursive: true });
  chownSync(temporary, account.uid, account.gid);
  const model = join(installation.fixtures, 'webapps', 'processes.nix');
  const byKind: Record<string, number> = {};
  const byExitCode: Record<string, number> = {};
  const failures: Failure[] = [];
  const deadline = Date.now() + limit;
  let next = from;

  const runSome = async (): Promise<void> => {
    const words = [program, String(seed), String(next), String(from + count), only, model];
    const command = asAccount(account, node, words);
    const env = { PATH: '/usr/bin:/bin', TMPDIR: temporary, HOME: temporary };
    const child = spawn(command.file, command.args, { env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
    let current: { readonly index: number; readonly kind: string } | null = null;
    let isSettled = true;
    const end = (): void => void child.kill('SIGKILL');
    let timer = setTimeout(end, patience);
    for await (const text of createInterface({ input: child.stdio[3] as Readable })) {
      clearTimeout(timer);
      timer = setTimeout(end, patience);
      const line = JSON.parse(text) as Line;
      if (line.begin !== undefined) {
        current = { index: line.begin, kind: line.kind };
        isSettled = false;
        if (Date.now() > deadline) break;
        continue;
      }
      isSettled = true;
      next = (current?.index ?? next) + 1;
      increment(byKind, line.kind);
      for (const code of line.codes ?? []) increment(byExitCode, String(code));
      if (line.failed !== undefined) failures.push(line as unknown as Failure);
    }
    clearTimeout(timer);
    const isOver = Date.now() > deadline;
    if (isOver) end();
    const [code, signal] =
      child.exitCode === null && child.signalCode === null
        ? ((await once(child, 'exit')) as unknown[])
        : [child.exitCode, child.signalCode];
    if (isOver || isSettled) {
      if (current === null && next < from + count) throw new Error(`the cases cannot begin: ${said}`);
      return;
    }
    const index = (current as { readonly index: number } | null)?.index ?? next;
    const kind = (current as { readonly kind: string } | null)?.kind ?? '';
    failures.push({
      failed: index,
      kind,
      complaint: `the program ended (${String(code ?? signal)}): ${said}`,
      endings: [],
    });
    next = index + 1;
  };

  while (next < from + count && Date.now() <= deadline) await runSome();
  return { count: next - from, byKind, byExitCode, failures };
};

/** How to repeat a failure, and what was wrong with it. */
export const describeFailure = (seed: number, { failed, kind, complaint, endings }: Failure): string =>
  [
    `npm run fuzz -- --seed ${seed} --case ${failed}  (${kind}): ${complaint}`,
    ...endings.map(
      ({ line, exitCode, stdout, stderr }) =>
        `  ${JSON.stringify(line)} ended with ${String(exitCode)}\n    ${JSON.stringify(stderr.slice(-1500))}${stderr === '' ? JSON.stringify(stdout) : ''}`,
    ),
  ].join('\n');
