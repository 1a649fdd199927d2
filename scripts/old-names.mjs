// Writes an executable into bin/ for every command of nix-processmgmt, and lists them in package.json: to be run when a
// process manager has been added. They are files of their own: npm packs no links.
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = join(tmpdir(), `nix-processmgmt-ts-old-names.${process.pid}.mjs`);
try {
  await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/old-names/old-commands.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Only names are wanted: what managers do is imported when they are used.
    packages: 'external',
    external: ['*/index.js'],
    logLevel: 'warning',
  });
  const { oldCommands } = await import(pathToFileURL(bundle).href);
  const names = oldCommands.map(({ name }) => name).sort();
  for (const file of readdirSync(join(root, 'bin'))) {
    if (file.startsWith('nixproc-') && !names.includes(file)) rmSync(join(root, 'bin', file));
  }
  for (const name of names) {
    writeFileSync(join(root, 'bin', name), "#!/usr/bin/env node\nrequire('../dist/nixproc.js');\n");
    chmodSync(join(root, 'bin', name), 0o755);
  }
  const file = join(root, 'package.json');
  const description = JSON.parse(readFileSync(file, 'utf8'));
  description.bin = {
    ...Object.fromEntries(['nix-processmgmt-ts', ...names].map((name) => [name, `bin/${name}`])),
    // It starts a program in its own place, which Node.js cannot do.
    'nixproc-chainload-user': 'nix/tools/nixproc-chainload-user',
  };
  writeFileSync(file, `${JSON.stringify(description, null, 2)}\n`);
} finally {
  rmSync(bundle, { force: true });
}
