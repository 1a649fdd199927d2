import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managerNames } from '../../src/backends/registry.js';
import { changedProperties } from '../../src/plan/changed-properties.js';
import type { OwnManifest } from '../../src/profile/manifest.js';
import { manifestPath } from '../../src/profile/manifest-path.js';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { profileText } from '../support/profile-text.js';
import { repository } from '../support/repository.js';
import { buildRestored } from '../support/upgrade/build-restored.js';
import { addToRecord, packagesOf, recordProfile } from '../support/upgrade/record-profile.js';
import { readRecordedVersion, recordedVersions, restoreProfile } from '../support/upgrade/recorded-profile.js';

const stateDir = '/srv/golden';
const modes = { privileged: [], unprivileged: ['--force-disable-user-change'] } as const;
type Mode = keyof typeof modes;
const modeNames = Object.keys(modes) as Mode[];

/** Names this version, to keep what it makes for later ones: RECORD_DEPLOYED=0.2.0 npm test -- test/conformance/upgrades.test.ts */
const recordAs = process.env['RECORD_DEPLOYED'];

const [account] = accounts;
if (account === undefined) throw new Error('nobody can run the tests');

/** By "VERSION MANAGER MODE": what restarts, as "INSTANCE: PROPERTY, PROPERTY". */
const restarts = new Map<string, readonly string[]>();

/** The processes of which the definition has changed, with the properties that differ. */
const restartsBetween = (before: OwnManifest, after: OwnManifest): readonly string[] =>
  after.units.flatMap((unit) => {
    const old = before.units.find(({ name }) => name === unit.name);
    if (old === undefined) return [`${unit.instance}: it is new`];
    if (old.fingerprint === unit.fingerprint) return [];
    const names = changedProperties(old.properties, unit.properties).map((line) => line.slice(0, line.indexOf(':')));
    return [`${unit.instance}: ${names.map((name) => `\`${name}\``).join(', ')}`];
  });

const recordedManagers = new Set(
  recordedVersions
    .flatMap((version) => Object.keys(readRecordedVersion(version).profiles))
    .map((key) => key.split(' ')[0]),
);

let deployment: Deployment;
beforeAll(async () => {
  deployment = await createDeployment(account, 'webapps-advanced');
});
afterAll(() => deployment.dispose());

describe.each(managerNames)('of %s', (manager) => {
  test.each(modeNames)('what an earlier version has built differs as the documents say, %s', async (mode) => {
    const { stdout } = await deployment.succeed(
      ...['build', '--no-out-link', '--host-packages', '-P', manager, '--state-dir', stateDir],
      ...modes[mode],
      deployment.model,
    );
    const profile = stdout.trim();
    const manifest = JSON.parse(await readFile(join(profile, manifestPath), 'utf8')) as OwnManifest;
    const place = { storeDir: dirname(profile), stateDir, packages: await packagesOf(profile, deployment) };
    const key = `${manager} ${mode}`;
    if (recordAs !== undefined) {
      const recorded = await recordProfile(profile, stateDir, deployment);
      await addToRecord(recordAs, key, recorded);
      const restored = restoreProfile(recorded, recorded.profile, place);
      expect(restored.manifest).toEqual(manifest);
      const text = await profileText(await buildRestored(restored.document, deployment), deployment);
      expect(text).toBe(await profileText(profile, deployment));
    }
    for (const version of recordedVersions) {
      const record = readRecordedVersion(version);
      const recorded = record.profiles[key];
      if (recorded === undefined) continue;
      const before = restoreProfile(record, recorded, place).manifest;
      restarts.set(`${version} ${key}`, restartsBetween(before, manifest));
    }
    // Of a manager that no recorded version has, nothing is deployed.
    expect([...restarts.keys()].some((name) => name.endsWith(key))).toBe(recordedManagers.has(manager));
  });
});

const tableOf = (version: string): string => {
  const cell = (manager: string, mode: Mode): string => {
    const names = restarts.get(`${version} ${manager} ${mode}`);
    if (names === undefined) return 'not known';
    return names.length === 0 ? 'nothing' : names.join('; ');
  };
  return [
    `### From ${version}`,
    '',
    '| Manager | With users | Without |',
    '| --- | --- | --- |',
    ...managerNames.map((manager) => `| ${manager} | ${modeNames.map((mode) => cell(manager, mode)).join(' | ')} |`),
  ].join('\n');
};

test('docs/upgrading.md says what restarts', async () => {
  const file = join(repository, 'docs', 'upgrading.md');
  const text = await readFile(file, 'utf8');
  const [, head = '', tail = ''] =
    /^(.*written by `npm run golden`. -->\n).*(\n<!-- end of the tables -->.*)$/s.exec(text) ?? [];
  const actual = `${head}\n${recordedVersions.map(tableOf).join('\n\n')}\n${tail}`;
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(file, actual);
  expect(actual).toBe(await readFile(file, 'utf8'));
});
