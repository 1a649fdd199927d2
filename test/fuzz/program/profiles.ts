import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { loadBackend, managerNames, parseManagerName } from '../../../src/backends/registry.js';
import type { ProcessName } from '../../../src/model/process-model.js';
import { manifestPath } from '../../../src/profile/manifest-path.js';
import type { JsonObject } from '../../../src/system/json.js';
import {
  managedProcess,
  renderManaged,
  writeProfileFiles,
  type UnitOnDisk,
} from '../../backends/support/render-unit.js';

/** A file or a link of a profile; its text has `placeholder` where the case's directory goes. */
export interface TemplateFile {
  readonly path: string;
  readonly text: string;
  readonly kind: 'file' | 'link';
  readonly executable: boolean;
}

/** Two versions of one deployment, as their manager would get them. */
export interface Template {
  readonly manager: string;
  /** By version: what is in the profile. */
  readonly versions: Readonly<Record<Version, readonly TemplateFile[]>>;
}

export const versions = ['a', 'b'] as const;
export type Version = (typeof versions)[number];

/** Every case has its own directory in the place of this one. */
export const placeholder = '/np-fuzz-placeholder';

/** The instances of a version: `b` has changed one, and has one more. */
const instancesOf: Readonly<Record<Version, readonly { readonly name: string; readonly argument: string }[]>> = {
  a: [
    { name: 'database', argument: '1000' },
    { name: 'web', argument: '1000' },
  ],
  b: [
    { name: 'database', argument: '1000' },
    { name: 'web', argument: '2000' },
    { name: 'worker', argument: '3000' },
  ],
};

const filesBelow = (directory: string, root: string, place: string): readonly TemplateFile[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry): readonly TemplateFile[] => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(path, root, place);
    const isLink = entry.isSymbolicLink();
    const text = isLink ? readlinkSync(path) : readFileSync(path, 'utf8');
    return [
      {
        path: relative(root, path),
        text: text.replaceAll(place, placeholder),
        kind: isLink ? 'link' : 'file',
        executable: !isLink && (statSync(path).mode & 0o100) !== 0,
      },
    ];
  });

/** The name of a profile in the store of a case. */
export const storeName = (version: string): string =>
  `${createHash('sha256').update(version).digest('hex').slice(0, 32)}-processes`;

/** More programs of the machine in the place of packages, for managers that need some; they need not be there. */
const tools = {
  // Several are packages that are called as they are.
  ...Object.fromEntries(managerNames.map((name) => [name, '/usr'])),
  supervisor: '/usr',
  s6: '/usr',
  's6-rc': '/usr',
  execline: '/usr',
  store: '/nix/store',
  sysvinit: '/usr',
};

const unitOf = ({ unit, context }: UnitOnDisk, dependencies: readonly string[]): JsonObject => {
  const manifestUnit = Object.entries({ ...unit, dependencies, level: context.level });
  // Which profile it belongs to, the manifest itself says by where it is.
  return Object.fromEntries(manifestUnit.filter(([key]) => key !== 'profile')) as unknown as JsonObject;
};

const renderVersion = async (manager: string, version: Version, place: string): Promise<readonly TemplateFile[]> => {
  const backend = await loadBackend(parseManagerName(manager));
  const profile = join(place, 'nix', 'store', storeName(version));
  const rendered = instancesOf[version].map(({ name, argument }, index) =>
    renderManaged(
      backend,
      managedProcess({
        name: name as ProcessName,
        instanceName: name,
        description: name,
        pidFile: join(place, 'var', 'run', `${name}.pid`),
        environment: { PASSWORD: 'secret', PLAIN: argument },
        daemon: { executable: '/usr/bin/env', args: ['sleep', argument] },
        foreground: { executable: '/usr/bin/sleep', args: [argument] },
      }),
      {
        root: join(place, 'var'),
        tools,
        forceDisableUserChange: true,
        level: Math.min(index, 1),
        maxLevel: 1,
        dependencies: index === 0 ? [] : ['database'],
      },
      { profile },
    ),
  );
  const context = { units: rendered };
  writeProfileFiles(profile, backend.profileFiles(context));
  const state = join(place, 'var');
  const manifest = {
    formatVersion: 1,
    manager,
    directories: {
      ...{ stateDir: state, runtimeDir: join(state, 'run'), logDir: join(state, 'log'), tmpDir: join(state, 'tmp') },
      ...{ cacheDir: join(state, 'cache'), spoolDir: join(state, 'spool') },
      ...{ lockDir: join(state, 'lock'), libDir: join(state, 'lib') },
    },
    forceDisableUserChange: true,
    builder: { shell: '/bin/sh', coreutils: '/usr' },
    hostPackages: true,
    data: backend.profileData(context),
    units: rendered.map((one, index) => unitOf(one, index === 0 ? [] : ['database'])),
  };
  mkdirSync(dirname(join(profile, manifestPath)), { recursive: true });
  writeFileSync(join(profile, manifestPath), JSON.stringify(manifest));
  return filesBelow(profile, profile, place);
};

/** Renders the two versions under every manager, with the renderer of the program itself. */
export const renderTemplates = async (): Promise<readonly Template[]> => {
  const templates: Template[] = [];
  for (const manager of managerNames) {
    const place = mkdtempSync(join(tmpdir(), 'template-'));
    try {
      const a = await renderVersion(manager, 'a', place);
      templates.push({ manager, versions: { a, b: await renderVersion(manager, 'b', place) } });
    } finally {
      rmSync(place, { recursive: true });
    }
  }
  return templates;
};
