import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repository } from '../support/repository.js';

/** A line of the table: what goes wrong elsewhere, and the test that holds it right here. */
interface Row {
  readonly defect: string;
  readonly file: string;
  readonly title: string;
}

const rowsOf = (page: string): readonly Row[] =>
  page.split('\n').flatMap((line) => {
    const [, defect, file, title] = /^\| (.*?) +\| `(test\/[^`]+)`: (.*?) +\|$/.exec(line) ?? [];
    return defect === undefined || file === undefined || title === undefined ? [] : [{ defect, file, title }];
  });

test('every known defect of nix-processmgmt names a test that there is', async () => {
  const rows = rowsOf(await readFile(join(repository, 'docs', 'from-nix-processmgmt.md'), 'utf8'));
  expect(rows.length).toBeGreaterThan(40);
  const missing: Row[] = [];
  for (const row of rows) {
    const text = await readFile(join(repository, row.file), 'utf8').catch(() => '');
    // The name of a test is a string of its own.
    if (!["'", '"', '`'].some((quote) => text.includes(`${quote}${row.title}`))) missing.push(row);
  }
  expect(missing).toEqual([]);
});
