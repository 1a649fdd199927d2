import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { RunRequest, RunResult } from '../../../src/system/ports.js';
import { answer } from './fake-systemd.js';

const linkTo = (target: string, link: string): void => {
  const temporary = `${link}.new`;
  mkdirSync(dirname(link), { recursive: true });
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  renameSync(temporary, link);
};

const generationsOf = (link: string): readonly number[] =>
  readdirSync(dirname(link))
    .filter((name) => name.startsWith(`${basename(link)}-`) && /-\d+-link$/.test(name))
    .map((name) => Number(/-(\d+)-link$/.exec(name)?.[1]));

const nixEnv = ([, link = '', verb = '', ...operands]: readonly string[]): RunResult => {
  const linkOf = (number: number | string): string => `${link}-${number}-link`;
  try {
    switch (verb) {
      case '--set': {
        const next = Math.max(0, ...generationsOf(link)) + 1;
        linkTo(operands[0] ?? '', linkOf(next));
        linkTo(basename(linkOf(next)), link);
        return answer();
      }
      case '--switch-generation':
        if (!generationsOf(link).includes(Number(operands[0]))) {
          return answer('', 1, `error: profile version ${operands[0] ?? ''} does not exist\n`);
        }
        linkTo(basename(linkOf(operands[0] ?? '')), link);
        return answer();
      case '--delete-generations':
        for (const number of operands) rmSync(linkOf(number), { force: true });
        return answer();
      default:
        return answer('', 1, 'error: no operation specified\n');
    }
  } catch (error) {
    return answer('', 1, `error: ${String(error)}\n`);
  }
};

/** Does with a document what nix/profile.nix does. */
const nixBuild = async (request: RunRequest, storeDir: string): Promise<RunResult> => {
  const input = typeof request.input === 'function' ? await request.input() : (request.input ?? '');
  const directory = /documentDirectory = "([^"]*)"/.exec(input)?.[1];
  if (directory === undefined) return answer('', 1, 'error: undefined variable\n');
  const script = join(directory, 'build.sh');
  const text = readFileSync(script);
  mkdirSync(storeDir, { recursive: true });
  const parent = mkdtempSync(join(storeDir, '.building-'));
  const out = join(storeDir, `${createHash('sha256').update(text).digest('hex').slice(0, 32)}-processes`);
  const made = join(parent, 'out');
  mkdirSync(made);
  const { status, stderr } = spawnSync('/bin/sh', [script], { env: { out: made }, encoding: 'utf8' });
  if (status !== 0) return answer('', 100, `error: builder failed\n${stderr}`);
  rmSync(out, { recursive: true, force: true });
  renameSync(made, out);
  rmSync(parent, { recursive: true });
  const at = request.args.indexOf('--out-link');
  const link = request.args[at + 1];
  if (link !== undefined && at >= 0) linkTo(out, link);
  return answer(`${out}\n`);
};

const nixStore = (args: readonly string[]): RunResult => {
  const root = args[args.indexOf('--add-root') + 1];
  const path = args[args.indexOf('--realise') + 1];
  if (args.includes('--realise') && root !== undefined && path !== undefined) {
    linkTo(path, root);
    return answer(`${root}\n`);
  }
  if (args.includes('--requisites')) return answer(`${args.slice(2).join('\n')}\n`);
  return answer();
};

/** Nix' programs, as far as the tool calls them; evaluations give `evaluated`. */
export const fakeNix = async (
  request: RunRequest,
  storeDir: string,
  evaluated: (args: readonly string[]) => RunResult,
): Promise<RunResult | null> => {
  switch (request.file) {
    case 'nix-env':
      return nixEnv(request.args);
    case 'nix-store':
      return nixStore(request.args);
    case 'nix-build':
      return nixBuild(request, storeDir);
    case 'nix-instantiate':
      return evaluated(request.args);
    default:
      return null;
  }
};
