import { readFile, readdir, readlink, stat, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Account, accounts } from '../support/accounts.js';
import { type PrivateStore, makePrivateStore } from './private-store.js';

const [account] = accounts as readonly [Account];
let store: PrivateStore;

beforeAll(async () => {
  store = await makePrivateStore(account);
});

afterAll(async () => {
  await store.remove();
});

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

const text = 'line one\n\n  "quoted" $HOME `x` \\ é\n\n';

test('writeTextFile writes the text as it is, where and how it is told', async () => {
  const nixText = `(builtins.fromJSON ${JSON.stringify(JSON.stringify(text)).replaceAll('${', '\\${')})`;
  const plain = await store.build(`pkgs.writeText "plain" ${nixText}`);
  expect(await readFile(plain, 'utf8')).toBe(text);
  expect(await modeOf(plain)).toBe(0o444);
  const placed = await store.build(
    `pkgs.writeTextFile { name = "placed"; text = ${nixText}; executable = true; destination = "/etc/deep/file"; }`,
  );
  expect(await readFile(`${placed}/etc/deep/file`, 'utf8')).toBe(text);
  expect(await modeOf(`${placed}/etc/deep/file`)).toBe(0o555);
  expect(await readFile(`${await store.build('pkgs.writeTextDir "a/b" "dir"')}/a/b`, 'utf8')).toBe('dir');
});

test('a text of megabytes is written', async () => {
  const path = await store.build(`pkgs.writeText "long" (lib.concatStrings (lib.genList (_: "0123456789") 200000))`);
  expect((await stat(path)).size).toBe(2_000_000);
});

test('a checkPhase that fails stops the build', async () => {
  const expression = (command: string): string =>
    `pkgs.writeTextFile { name = "checked"; text = "x"; checkPhase = "${command}"; }`;
  expect((await store.tryBuild(expression('grep -q x $target'))).exitCode).toBe(0);
  expect((await store.tryBuild(expression('grep -q y $target'))).exitCode).not.toBe(0);
});

test('scripts run, and keep references to what they name', async () => {
  const path = await store.build(`pkgs.writeScriptBin "greet" ''
    #!\${pkgs.runtimeShell}
    \${pkgs.coreutils}/bin/echo "hello $1"
  ''`);
  expect((await store.run(`${path}/bin/greet`, ['world'])).stdout).toBe('hello world\n');
  expect(await store.closure(path)).toEqual(expect.arrayContaining(['greet', 'coreutils-host']));

  const inner = `(pkgs.writeShellScriptBin "inner" "echo inner $1")`;
  const application = await store.build(
    `pkgs.writeShellApplication { name = "outer"; runtimeInputs = [ ${inner} ]; text = "inner \\"$@\\""; }`,
  );
  expect((await store.run(`${application}/bin/outer`, ['argument'])).stdout).toBe('inner argument\n');
  expect((await store.run(await store.build('pkgs.writeShellScript "alone" "echo alone"'))).stdout).toBe('alone\n');
});

test('a shell script with a syntax error is not built', async () => {
  expect((await store.tryBuild('pkgs.writeShellScript "broken" "if true; then"')).exitCode).not.toBe(0);
});

test('runCommand runs with the attributes in its environment and inputs on its PATH', async () => {
  const path = await store.build(`
    pkgs.runCommand "ran" { word = "attribute"; buildInputs = [ (pkgs.writeShellScriptBin "tool" "echo tool") ]; } ''
      mkdir $out
      { echo $word; tool; } > $out/file
    ''
  `);
  expect(await readFile(`${path}/file`, 'utf8')).toBe('attribute\ntool\n');
});

const dirs = `
  one = pkgs.runCommand "one" { } "mkdir -p $out/bin $out/share/doc; echo 1 > $out/bin/one; echo same > $out/share/doc/same";
  two = pkgs.runCommand "two" { } "mkdir -p $out/bin $out/share/doc; echo 2 > $out/bin/two; echo same > $out/share/doc/same";
  other = pkgs.runCommand "other" { } "mkdir -p $out/bin; echo other > $out/bin/one";
`;

test('buildEnv merges directories and accepts equal files', async () => {
  const path = await store.build(
    `let ${dirs} in pkgs.buildEnv { name = "env"; paths = [ one two ]; postBuild = "touch $out/bin/added"; }`,
  );
  expect(await readdir(`${path}/bin`)).toEqual(['added', 'one', 'two']);
  expect(await readFile(`${path}/share/doc/same`, 'utf8')).toBe('same\n');
  expect(await store.closure(path)).toEqual(expect.arrayContaining(['one', 'two']));
});

test('buildEnv refuses two different files of one name, naming both, unless it is told to ignore them', async () => {
  const expression = (options: string): string =>
    `let ${dirs} in pkgs.buildEnv { name = "env"; paths = [ one other ]; ${options} }`;
  const { exitCode, stderr } = await store.tryBuild(expression(''));
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/collision between \S+-one\/bin\/one and \S+-other\/bin\/one/);
  const path = await store.build(expression('ignoreCollisions = true;'));
  expect(await readFile(`${path}/bin/one`, 'utf8')).toBe('1\n');
});

test('buildEnv takes only the paths that it is told', async () => {
  const path = await store.build(
    `let ${dirs} in pkgs.buildEnv { name = "env"; paths = [ one two ]; pathsToLink = [ "/share/doc" ]; }`,
  );
  expect(await readdir(path)).toEqual(['share']);
  expect(await readdir(`${path}/share/doc`)).toEqual(['same']);
});

test('symlinkJoin takes the first of two files of one name, and its files can be replaced', async () => {
  const path = await store.build(`let ${dirs} in pkgs.symlinkJoin {
    name = "joined";
    paths = [ other one two ];
    postBuild = "rm $out/bin/two; echo replaced > $out/bin/two";
  }`);
  expect(await readFile(`${path}/bin/one`, 'utf8')).toBe('other\n');
  expect(await readFile(`${path}/bin/two`, 'utf8')).toBe('replaced\n');
});

test("a union with host packages has their programs and own files, and no way to write to the host's directories", async () => {
  const path = await store.build(`pkgs.symlinkJoin {
    name = "joined";
    paths = [ pkgs.nginx pkgs.gnused ];
    postBuild = "mkdir -p $out/etc/nginx-test; echo own > $out/etc/nginx-test/file; rm $out/conf/mime.types";
  }`);
  expect(await readdir(`${path}/bin`)).toEqual(expect.arrayContaining(['nginx', 'sed']));
  expect(await readlink(`${path}/sbin`)).toBe('bin');
  expect(await readdir(`${path}/etc`)).toEqual(['nginx-test']);
  expect(await readdir(`${path}/conf`)).toContain('nginx.conf');
  await expect(stat('/etc/nginx-test')).rejects.toThrow('ENOENT');
  expect((await stat('/etc/nginx/mime.types')).isFile()).toBe(true);
});

test('linkFarm links what it is told under the names it is told', async () => {
  const path = await store.build(
    `let ${dirs} in pkgs.linkFarm "farm" [ { name = "a/b"; path = one; } { name = "c"; path = two; } ]`,
  );
  expect(await readFile(`${path}/a/b/bin/one`, 'utf8')).toBe('1\n');
  expect(await readlink(`${path}/c`)).toMatch(/-two$/);
});

test('wrapProgram sets the environment and adds arguments', async () => {
  const path = await store.build(`pkgs.symlinkJoin {
    name = "wrapped";
    paths = [ (pkgs.writeShellScriptBin "show" "echo \\"$VALUE|$DEFAULT|$LIST|$REMOVED|$*\\"") ];
    nativeBuildInputs = [ pkgs.makeWrapper ];
    postBuild = ''
      wrapProgram $out/bin/show --set VALUE 'a "b" $c' --set-default DEFAULT 'x}y' --unset REMOVED \\
        --prefix LIST : /first --suffix LIST : /last --suffix LIST : /first --add-flags "--flag 'two words'"
    '';
  }`);
  const { stdout } = await store.run(`${path}/bin/show`, ['given'], { LIST: '/middle', REMOVED: 'there' });
  expect(stdout).toBe('a "b" $c|x}y|/first:/middle:/last||--flag two words given\n');
  expect((await store.run(`${path}/bin/show`, [], { DEFAULT: 'own' })).stdout).toBe(
    'a "b" $c|own|/first:/last||--flag two words\n',
  );
});

test('placeholders are replaced by attributes, literally', async () => {
  const template = join(store.directory, 'template.in');
  await writeFile(template, 'a=@first@ b=@second@ c=@unknown@ d=old\n\n');
  const all = await store.build(
    `pkgs.substituteAll { src = ${template}; first = "x & y"; second = "\\\\1/$HOME"; isExecutable = true; }`,
  );
  expect(await readFile(all, 'utf8')).toBe('a=x & y b=\\1/$HOME c=@unknown@ d=old\n\n');
  expect(await modeOf(all)).toBe(0o555);
  const replaced = await store.build(
    `pkgs.runCommand "replaced" { } "substitute ${template} $out --replace-fail old 'n&w' --subst-var-by first 1"`,
  );
  expect(await readFile(replaced, 'utf8')).toBe('a=1 b=@second@ c=@unknown@ d=n&w\n\n');
  const { exitCode, stderr } = await store.tryBuild(
    `pkgs.runCommand "failing" { } "substitute ${template} $out --replace-fail absent x"`,
  );
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("pattern 'absent' is not in");
});

test('fetchurl takes a file with the hash that it is told, and no other', async () => {
  const file = join(store.directory, 'download.txt');
  await writeFile(file, 'downloaded\n');
  const hash = createHash('sha256').update('downloaded\n').digest();
  const url = pathToFileURL(file).href;
  const path = await store.build(`pkgs.fetchurl { url = "${url}"; sha256 = "${hash.toString('hex')}"; }`);
  expect(path).toMatch(/-download\.txt$/);
  expect(await readFile(path, 'utf8')).toBe('downloaded\n');
  expect(await store.build(`pkgs.fetchurl { urls = [ "${url}" ]; hash = "sha256-${hash.toString('base64')}"; }`)).toBe(
    path,
  );
  const wrong = await store.tryBuild(`pkgs.fetchurl { url = "${url}"; name = "wrong"; sha256 = lib.fakeSha256; }`);
  expect(wrong.stderr).toContain('hash mismatch');
});
