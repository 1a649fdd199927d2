import { expect, test } from '@jest/globals';
import { chmod, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDir } from 'tmp-promise';
import { writeJsonAtomically, writeTextAtomically } from '../../src/state/atomic-file.js';
import { ActivationError } from '../../src/system/errors.js';

const inDirectory = (work: (directory: string) => Promise<void>) => (): Promise<void> =>
  withDir(({ path }) => work(path), { unsafeCleanup: true });

test(
  'a file is replaced as a whole, with the mode that was asked for, and nothing else is left in its directory',
  inDirectory(async (directory) => {
    const file = join(directory, 'ledger');
    await writeFile(file, 'a much longer old content\n');
    await chmod(file, 0o666);
    await writeTextAtomically(file, 'new\n', 0o600);
    expect(await readFile(file, 'utf8')).toBe('new\n');
    expect((await stat(file)).mode & 0o7777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['ledger']);
  }),
);

test(
  'JSON has sorted keys and a final newline',
  inDirectory(async (directory) => {
    const file = join(directory, 'data.json');
    await writeJsonAtomically(file, { b: 1, a: [{ d: null, c: 'x' }] });
    expect(await readFile(file, 'utf8')).toBe('{"a":[{"c":"x","d":null}],"b":1}\n');
  }),
);

test(
  'a link is replaced; the file it pointed to stays as it was',
  inDirectory(async (directory) => {
    const target = join(directory, 'target');
    const file = join(directory, 'link');
    await writeFile(target, 'old');
    await symlink(target, file);
    await writeTextAtomically(file, 'new');
    expect(await readFile(target, 'utf8')).toBe('old');
    expect(await readFile(file, 'utf8')).toBe('new');
  }),
);

test(
  'a file that cannot be written is named together with what to do',
  inDirectory(async (directory) => {
    await writeFile(join(directory, 'file'), '');
    const file = join(directory, 'file', 'ledger');
    const failure = await writeTextAtomically(file, 'new').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ActivationError);
    expect(failure).toMatchObject({
      message: `The file ${file} cannot be written`,
      why: 'A part of the path is a file, not a directory',
      fix: 'Move that file away, or choose another path',
    });
  }),
);
