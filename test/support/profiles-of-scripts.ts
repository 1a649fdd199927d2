import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import type { ProfileLocation } from '../../src/generations/profile-location.js';
import type { Manifest, ManifestUnit } from '../../src/profile/manifest.js';
import { manifestPath } from '../../src/profile/manifest-path.js';
import type { Ports } from '../../src/system/ports.js';
import { createRun } from '../../src/system/run.js';
import { unitCalled } from './instances.js';
import { makeTemporaryDirectory } from './temporary-directory.js';

/**
 * Profiles whose manager needs nothing but files (disnix), made without Nix: what runs of them is what their records say,
 * and that is asked without running anything.
 */
export interface ProfilesOfScripts {
  readonly directory: string;
  readonly location: ProfileLocation;
  readonly ports: Ports;
  /** What was logged at "warn" and above. */
  readonly warnings: readonly string[];
  /** A unit as a manifest has it. */
  readonly unit: (name: string, rest?: Partial<ManifestUnit>) => ManifestUnit;
  /** Makes a profile. Returns its path. */
  readonly make: (name: string, units: readonly ManifestUnit[], rest?: Partial<Manifest>) => string;
  /** Makes it a generation, and the current one unless said otherwise. */
  readonly record: (number: number, path: string, isCurrent?: boolean) => void;
  /** Has a process run for a service. Returns its PID. */
  readonly run: (name: string) => Promise<number>;
  /** Writes down that a service was stopped. */
  readonly stop: (name: string) => void;
  readonly manifestOf: (path: string) => Manifest;
  readonly remove: () => Promise<void>;
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

const startTimeOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
};

export const makeProfilesOfScripts = async (): Promise<ProfilesOfScripts> => {
  const { path: directory, remove } = await makeTemporaryDirectory();
  const link = join(directory, 'profiles', 'processes');
  const location = { name: 'processes', link, stateDirectory: join(directory, 'profiles', '.state', 'processes') };
  mkdirSync(location.stateDirectory, { recursive: true });
  const runtimeDir = join(directory, 'run');
  mkdirSync(join(runtimeDir, 'records'), { recursive: true });
  const recordFile = (name: string): string => join(runtimeDir, 'records', name);
  const warnings: string[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => warnings.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const children: ChildProcess[] = [];
  const directories = Object.fromEntries(
    ['stateDir', 'tmpDir', 'runtimeDir', 'logDir', 'cacheDir', 'spoolDir', 'lockDir', 'libDir'].map((name) => [
      name,
      name === 'runtimeDir' ? runtimeDir : join(directory, name),
    ]),
  );
  const pathOfManifest = (path: string): string => join(path, manifestPath);
  return {
    directory,
    location,
    ports: { run: createRun({ PATH: '/usr/bin:/bin' }), log, env: {} },
    warnings,
    unit: (name, rest = {}) => {
      const unit = Object.fromEntries(
        Object.entries(unitCalled(name)).filter(([key]) => key !== 'profile'),
      ) as unknown as ManifestUnit;
      const activation = {
        script: `libexec/process/${name}`,
        pidFile: null,
        recordFile: recordFile(name),
        wrapped: false,
        logFile: join(directory, `${name}.log`),
      };
      return { ...unit, activation, ...rest };
    },
    make: (name, units, rest = {}) => {
      const path = join(directory, 'store', name);
      mkdirSync(dirname(pathOfManifest(path)), { recursive: true });
      const manifest = {
        ...{ formatVersion: 1, manager: 'disnix', directories, forceDisableUserChange: true, hostPackages: true },
        ...{ builder: { shell: '/bin/sh', coreutils: '/usr' }, data: {}, units },
        ...rest,
      };
      writeFileSync(pathOfManifest(path), JSON.stringify(manifest));
      return path;
    },
    record: (number, path, isCurrent = true) => {
      const generation = `processes-${number}-link`;
      symlinkSync(path, join(dirname(link), generation));
      if (!isCurrent) return;
      rmSync(link, { force: true });
      symlinkSync(generation, link);
    },
    run: async (name) => {
      const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
      children.push(child);
      await once(child, 'spawn');
      const pid = child.pid ?? 0;
      writeFileSync(recordFile(name), `main ${pid} ${startTimeOf(pid)} ${bootId()}\n`);
      return pid;
    },
    stop: (name) => {
      writeFileSync(recordFile(name), `stopped - - ${bootId()}\n`);
    },
    manifestOf: (path) => JSON.parse(readFileSync(pathOfManifest(path), 'utf8')) as Manifest,
    remove: async () => {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await remove();
    },
  };
};
