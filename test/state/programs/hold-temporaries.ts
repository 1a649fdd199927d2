// Makes what a command makes besides its results, in each of the directories, says "made" and waits to be killed.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { dir } from 'tmp-promise';
import { temporaryBeside, temporaryOptions } from '../../../src/state/temporary-names.js';

for (const directory of process.argv.slice(2)) {
  writeFileSync(temporaryBeside(join(directory, 'file.json')), '');
  symlinkSync('/nowhere', temporaryBeside(join(directory, 'link.service')));
  const tree = temporaryBeside(join(directory, 'database'));
  mkdirSync(tree);
  writeFileSync(join(tree, 'content'), '');
  process.env['TMPDIR'] = directory;
  await dir(temporaryOptions());
}
console.log('made');
await finished(process.stdin.resume());
