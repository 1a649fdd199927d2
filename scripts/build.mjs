// Bundles src/ into dist/: a small entry for each kind of executable, the program that they load, and what V8 has compiled
// of it. And what Nix expressions render with into one file in nix/, which is copied into the store without anything else.
import { build } from 'esbuild';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from './program-parts.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Built aside and moved into place: whoever runs the tool meanwhile, or after a failed build, finds a whole one.
const dist = join(root, 'dist');
const building = join(root, `dist.${process.pid}`);
process.on('exit', () => rmSync(building, { recursive: true, force: true }));

/** Names all that the program is made of, but for the bundler. */
const buildId = () => {
  const hash = createHash('sha256');
  const sources = ['src', 'nix'].flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
      // The renderer is made of the same sources, below.
      .filter((entry) => entry.isFile() && entry.name !== 'renderer.mjs')
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  for (const file of [...sources.sort(), 'package.json', 'package-lock.json']) {
    hash.update(`${file}\0`).update(
      createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest(),
    );
  }
  return hash.digest('hex');
};

const version = JSON.stringify(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  alias: {
    // What yargs measures the texts of --help with costs more than all the rest of it.
    'string-width': './src/cli/text-width.ts',
    // yargs looks for the version of the program that it runs in, from the working directory upwards.
    'escalade/sync': './src/cli/own-package.ts',
    // Tables of what signals mean, which execa makes messages of that nobody sees.
    'human-signals': './src/system/signal-descriptions.ts',
  },
  define: { 'globalThis.NIXPROC_VERSION': version, 'globalThis.NIXPROC_BUILD_ID': JSON.stringify(buildId()) },
};
/** Modules of packages that others stand in for, as these say; an alias replaces whole packages alone. */
const standIns = new Map([
  ['execa/lib/utils/standard-stream.js', 'src/system/standard-streams.ts'],
  ['yargs/build/lib/argsert.js', 'src/cli/no-argument-checks.ts'],
]);
const replaced = new Set();
const withStandIns = {
  name: 'stand-ins',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[/\\]node_modules[/\\]/ }, async ({ path }) => {
      const name = path.slice(join(root, 'node_modules/').length);
      const standIn = standIns.get(name);
      if (standIn === undefined) return undefined;
      replaced.add(name);
      return { contents: await readFile(join(root, standIn), 'utf8'), loader: 'ts' };
    });
  },
};
/** Node starts its loader of ES modules, which takes half as long as itself, only when there are some. */
const commonJs = {
  ...common,
  format: 'cjs',
  outdir: building,
  sourcemap: true,
  sourcesContent: false,
  define: { ...common.define, 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};
const esModule = {
  ...common,
  format: 'esm',
  // CommonJS libraries in the bundle still call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

/** Process managers whose code is loaded together with that of `switch`: their facts say so. */
const commonManagers = readdirSync('src/backends').filter((name) => {
  const facts = join('src/backends', name, 'facts.ts');
  return existsSync(facts) && /^ {2}isCommon:/m.test(readFileSync(facts, 'utf8'));
});

const parts = [
  {
    // What commands that evaluate a model load until they start Nix.
    name: 'program.js',
    roots: [
      'node_modules/execa/index.js',
      'src/cli/build-from-arguments.ts',
      'src/cli/out-link.ts',
      'src/cli/with-lock.ts',
      'src/evaluate/evaluate-model.ts',
      'src/generations/profile-location.ts',
      'src/profile/build-model.ts',
    ],
  },
  {
    // What a switch loads besides if nothing has changed, while Nix works.
    name: 'unchanged.js',
    roots: [
      'src/cli/look-early.ts',
      'src/cli/deployment.ts',
      'src/cli/logger.ts',
      'src/generations/build-record.ts',
      'src/profile/build-key.ts',
      'src/profile/check-activation.ts',
      'src/profile/parse-manifest.ts',
      'src/state/lock-record.ts',
      ...commonManagers.flatMap((manager) =>
        ['index.ts', 'connect.ts', 'activation-data.ts'].map((file) => `src/backends/${manager}/${file}`),
      ),
    ],
  },
  // All else, such as what renders a model.
  { name: 'later.js' },
];
const program = await buildProgram(
  // There is nobody to import a module for a script that is compiled by itself.
  { ...commonJs, plugins: [withStandIns], supported: { 'dynamic-import': false } },
  'src/cli/program.ts',
  parts,
);
for (const [name, standIn] of standIns) {
  if (!replaced.has(name)) throw new Error(`there is no ${name} any more that ${standIn} could stand in for`);
}
// esbuild leaves other characters in comments and regular expressions. A text of ASCII is read and kept in half the time
// and space.
const texts = createHash('sha256');
for (const { name } of parts) {
  const file = join(building, name);
  const text = readFileSync(file, 'utf8').replace(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  writeFileSync(file, text);
  texts.update(text);
}
const loading = { 'globalThis.NIXPROC_PROGRAM_HASH': JSON.stringify(texts.digest('hex').slice(0, 16)) };
const entries = await build({
  ...commonJs,
  entryPoints: { main: 'src/cli/main.ts', nixproc: 'src/cli/old-names/main.ts' },
  define: { ...commonJs.define, ...loading },
});
// The package is one of ES modules.
writeFileSync(join(building, 'package.json'), '{ "type": "commonjs" }\n');

const rendererBuilding = join(building, 'renderer.mjs');
const renderer = await build({
  ...esModule,
  entryPoints: ['src/renderer/main.ts'],
  outfile: rendererBuilding,
  minify: true,
  // It talks to no process manager.
  external: ['*/connect.js', '*/coordinator-manifest.js'],
});

// The bundle contains other people's work: their licences travel with it.
const packages = new Set();
for (const input of [program, entries, renderer].flatMap(({ metafile }) => Object.keys(metafile.inputs))) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (match) packages.add(match[1]);
}
const notices = [...packages].sort().map((directory) => {
  const {
    name,
    version: packageVersion,
    license,
  } = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, directory)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(join(root, directory, file)) ? readFileSync(join(root, directory, file), 'utf8') : '';
  return `${name} ${packageVersion} (${license})\n\n${text.trim()}\n`;
});
writeFileSync(join(building, 'THIRD-PARTY-LICENSES.txt'), notices.join(`\n${'-'.repeat(72)}\n\n`));
// What most people ask first is answered at once; see src/cli/main.ts.
writeFileSync(
  join(building, 'help.txt'),
  execFileSync(process.execPath, [join(building, 'main.js'), '--help'], { env: { ...process.env, LC_ALL: 'C' } }),
);

const cacheWriter = join(building, 'write-code-cache.mjs');
await build({
  ...esModule,
  entryPoints: ['src/cli/code-cache/write-code-cache.ts'],
  outfile: cacheWriter,
  define: { ...esModule.define, ...loading },
});
// Options of Node would make it a cache for those who have them, too.
const { status, stderr } = spawnSync(process.execPath, [cacheWriter], {
  env: { ...process.env, NODE_OPTIONS: '' },
  encoding: 'utf8',
});
if (status !== 0) console.error(`build: commands will start more slowly than they could\n${stderr}`);
rmSync(cacheWriter);

renameSync(rendererBuilding, join(root, 'nix', 'renderer.mjs'));
rmSync(dist, { recursive: true, force: true });
renameSync(building, dist);
