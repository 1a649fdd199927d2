import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Backend } from '../../src/backends/backend.js';
import type { ManagerName } from '../../src/model/process-model.js';
import { activationOrder } from '../../src/order/activation-order.js';
import { renderModel, translateModel, type BroughtTree } from '../../src/profile/render-model.js';
import { ReferenceScanner, StoreTexts } from '../../src/profile/store-texts.js';
import { instanceCalled } from '../support/instances.js';
import { makeTemporaryDirectory } from '../support/temporary-directory.js';

/** A manager whose units have one file each, and the PID file that `pidFiles` gives them. */
const backendWith = (
  pidFiles: Readonly<Record<string, string>>,
  path = (name: string) => `units/${name}`,
): Backend => ({
  name: 'sysvinit' as ManagerName,
  summary: '',
  directFunction: '',
  nameProblem: () => null,
  translate: () => ({ arguments: {}, unsupported: [] }),
  render: (_, { instance: { name } }) => ({
    files: [{ kind: 'file', path: path(name), text: name, executable: false }],
    properties: {},
    activation: { pidFile: pidFiles[name] ?? null },
    credentials: { groups: [], users: [] },
  }),
  profileFiles: () => [],
  profileData: () => ({}),
  activationParser: () => Promise.resolve(() => undefined),
  connect: () => Promise.reject(new Error('rendering talks to nobody')),
});

test('time-outs of an instance are no silence under a manager that has settings of its own', () => {
  const warnings: string[] = [];
  const translateFor = (backend: Backend) =>
    translateModel(
      activationOrder([{ ...instanceCalled('slow'), stopTimeout: 30 }, instanceCalled('other')]),
      backend,
      new StoreTexts('/nix/store', new ReferenceScanner('/nix/store', [])),
      (sentence) => warnings.push(sentence),
    );
  translateFor({ ...backendWith({}), honoursTimeouts: true });
  expect(warnings).toEqual([]);
  translateFor(backendWith({}));
  expect(warnings).toEqual(['slow: sysvinit has settings of its own for startTimeout and stopTimeout']);
});

test.each(['manager', 'nobody'] as const)('leftovers of an instance are no silence where %s sees to them', (who) => {
  const warnings: string[] = [];
  for (const leftovers of [null, 'end'] as const) {
    translateModel(
      activationOrder([{ ...instanceCalled('shell'), leftovers }]),
      { ...backendWith({}), leftovers: who },
      new StoreTexts('/nix/store', new ReferenceScanner('/nix/store', [])),
      (sentence) => warnings.push(sentence),
    );
  }
  expect(warnings).toEqual([expect.stringMatching(/^shell: sysvinit (has rules of its own|does not tell what)/)]);
});

const render = (backend: Backend) => {
  const texts = new StoreTexts('/nix/store', new ReferenceScanner('/nix/store', []));
  const order = activationOrder([instanceCalled('first'), instanceCalled('second')]);
  return renderModel(
    translateModel(order, backend, texts, () => undefined),
    [],
    backend,
  );
};

test('a path that stays outside the store is warned of, with its place and the way into the store', () => {
  const texts = new StoreTexts('/nix/store', new ReferenceScanner('/nix/store', []));
  const stray = [['environment.CONFIG', '/home/x/web.conf']] as const;
  const warnings: string[] = [];
  translateModel(activationOrder([{ ...instanceCalled('first'), stray }]), backendWith({}), texts, (warning) =>
    warnings.push(warning),
  );
  expect(warnings).toEqual([
    'first: the path /home/x/web.conf in environment.CONFIG stays outside the store: what runs changes with the file. Copy it with "${./web.conf}", or write it as text',
  ]);
});

test('two instances that bring the same file are refused, and both are named', () => {
  expect(() => render(backendWith({}, () => 'etc/shared'))).toThrow(
    'Both process instance "first" and process instance "second" bring the file etc/shared',
  );
});

test('links to one place, and files of equal contents, are no collision: the profile has one of them', async () => {
  const { path: place, remove } = await makeTemporaryDirectory();
  try {
    const instance = instanceCalled('first');
    const tree = (name: string, files: Readonly<Record<string, string>>, mode = 0o644) => {
      const root = join(place, name);
      mkdirSync(root);
      for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text, { mode });
      return { instance, root, paths: Object.keys(files) };
    };
    const brought = (...trees: readonly BroughtTree[]) => renderModel([], trees, backendWith({})).files;
    const one = tree('one', { container: 'mysql', other: 'a' });
    expect(brought(one, one)).toHaveLength(2);
    expect(brought(one, tree('two', { container: 'mysql' })).map(({ path }) => path)).toEqual(['container', 'other']);
    expect(() => brought(one, tree('three', { container: 'postgresql' }))).toThrow('bring the file container');
    expect(() => brought(one, tree('four', { container: 'mysql' }, 0o755))).toThrow('bring the file container');
  } finally {
    await remove();
  }
});
