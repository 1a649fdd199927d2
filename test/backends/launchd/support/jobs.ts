import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { activationOf } from '../../../../src/backends/launchd/activation-data.js';
import { launchd } from '../../../../src/backends/launchd/index.js';
import type { ManagedProcess, ProcessName } from '../../../../src/model/process-model.js';
import type { JsonObject } from '../../../../src/system/json.js';
import {
  managedProcess,
  renderDirect,
  renderManaged,
  type UnitOnDisk,
  type UnitSurroundings,
} from '../../support/render-unit.js';

/** What Apple's format means to a parser that is none of ours. */
export const readPlist = (text: string): JsonObject =>
  JSON.parse(
    execFileSync(
      '/usr/bin/python3',
      ['-c', 'import json, plistlib, sys; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)'],
      { input: text, encoding: 'utf8', maxBuffer: 1 << 28 },
    ),
  ) as JsonObject;

export const surroundingsIn = (root: string, more: Partial<UnitSurroundings> = {}): UnitSurroundings => ({
  root,
  ...more,
  tools: { store: '/nix/store', ...more.tools },
});

export const plistOf = ({ unit }: UnitOnDisk): JsonObject =>
  readPlist(readFileSync(join(unit.profile, activationOf(unit).plist), 'utf8'));

export type Properties = Partial<Omit<ManagedProcess, 'name'>> & { readonly name?: string };

/** The job of a process that createManagedProcess made. */
export const managedJob = (root: string, properties: Properties, more: Partial<UnitSurroundings> = {}): UnitOnDisk =>
  renderManaged(
    launchd,
    managedProcess({ ...properties, name: (properties.name ?? 'service') as ProcessName }),
    surroundingsIn(root, more),
  );

/** The job that createLaunchdDaemon was told to make. */
export const directJob = (
  root: string,
  args: JsonObject & { readonly name: string },
  more: Partial<UnitSurroundings> = {},
): UnitOnDisk => renderDirect(launchd, args, surroundingsIn(root, more));
