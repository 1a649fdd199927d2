import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { readNixFile } from '../../src/evaluate/read-nix-file.js';
import { parseIdAssignments, parseIdPools, type IdAssignments } from '../../src/ids/id-pools.js';
import { idsInNix, idsInXml } from '../../src/ids/write-ids.js';
import { createRun } from '../../src/system/run.js';

const example: IdAssignments = {
  ids: { webappPorts: { webapp2: 5001, webapp1: 5000 }, nginxPorts: {} },
  lastAssignments: { webappPorts: 5001 },
};

test('the Nix file has quoted names and sorted keys', () => {
  expect(idsInNix(example)).toBe(`{
  "ids" = {
    "nginxPorts" = {
    };
    "webappPorts" = {
      "webapp1" = 5000;
      "webapp2" = 5001;
    };
  };
  "lastAssignments" = {
    "webappPorts" = 5001;
  };
}
`);
});

test('the XML file has a resource for each pool and an assignment for each instance', () => {
  expect(idsInXml(example)).toBe(`<?xml version="1.0"?>
<ids>
  <ids>
    <resource name="nginxPorts">
    </resource>
    <resource name="webappPorts">
      <assignment name="webapp1">5000</assignment>
      <assignment name="webapp2">5001</assignment>
    </resource>
  </ids>
  <lastAssignments>
    <assignment name="webappPorts">5001</assignment>
  </lastAssignments>
</ids>
`);
});

const hostileNames: IdAssignments = {
  ids: { 'a"b': { '$${x}\\': 1, "'\n\t<&>": 2 } },
  lastAssignments: { 'a"b': -2 },
};

test('Nix reads back whatever was written, also names with quotes, dollars and backslashes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'np-ids-'));
  try {
    const file = join(directory, 'ids.nix');
    await writeFile(file, idsInNix(hostileNames));
    const run = createRun({ ...process.env, NIX_REMOTE: 'local', NIX_STATE_DIR: directory, NIX_STORE_DIR: directory });
    expect(parseIdAssignments(await readNixFile(file, { run }), file)).toEqual(hostileNames);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('XML readers read back names with any characters', () => {
  const parsed = new XMLParser({ ignoreAttributes: false, htmlEntities: true }).parse(idsInXml(hostileNames)) as {
    ids: { ids: { resource: { '@_name': string; assignment: readonly { '@_name': string }[] } } };
  };
  const { resource } = parsed.ids.ids;
  expect(resource['@_name']).toBe('a"b');
  expect(resource.assignment.map((assignment) => assignment['@_name'])).toEqual(['$${x}\\', "'\n\t<&>"].sort());
});

test('pools are sorted, and have a step of 1 unless they say otherwise', () => {
  expect(parseIdPools({ b: { min: 1, max: 2, step: 5, scope: 'machine' }, a: { min: 3, max: 3 } }, 'f')).toEqual([
    { name: 'a', min: 3, max: 3, step: 1 },
    { name: 'b', min: 1, max: 2, step: 5 },
  ]);
});

test.each([
  ['a pool without limits', { ports: {} }, 'ports.min'],
  ['a limit that is no number', { ports: { min: '1', max: 2 } }, 'ports.min'],
  ['limits the wrong way round', { ports: { min: 2, max: 1 } }, 'ports: min is greater than max'],
  ['a step of nothing', { ports: { min: 1, max: 2, step: 0 } }, 'ports.step'],
  ['an unknown scope', { ports: { min: 1, max: 2, scope: 'planet' } }, 'ports.scope'],
  ['a list', [], 'expected record'],
])('%s is an error that names the file and the pool', (_, data, words) => {
  expect(() => parseIdPools(data, '/model/idresources.nix')).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: 'The file /model/idresources.nix does not hold pools of IDs',
      why: expect.stringContaining(words),
    }),
  );
});

test.each([
  ['an ID that is no number', { ids: { ports: { webapp: 'x' } } }, 'ids.ports.webapp'],
  ['a last assignment that is no number', { lastAssignments: { ports: null } }, 'lastAssignments.ports'],
  ['IDs that are not below ids', { ports: { webapp: 5000 } }, 'ports'],
])('%s is an error that names the file and the place', (_, data, words) => {
  expect(() => parseIdAssignments(data, '/model/ids.nix')).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: 'The file /model/ids.nix does not hold assigned IDs',
      why: expect.stringContaining(words),
    }),
  );
});

test('a file with IDs may be empty, or have what Dynamic Disnix says of several machines', () => {
  expect(parseIdAssignments({}, 'f')).toEqual({ ids: {}, lastAssignments: {} });
  expect(parseIdAssignments({ lastAssignmentsPerTarget: { test1: { ports: 1 } } }, 'f')).toEqual({
    ids: {},
    lastAssignments: {},
  });
});
