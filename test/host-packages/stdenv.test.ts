import { mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Account, accounts } from '../support/accounts.js';
import { createRun } from '../../src/system/run.js';
import { type PrivateStore, makePrivateStore } from './private-store.js';

const [account] = accounts as readonly [Account];
let store: PrivateStore;

beforeAll(async () => {
  store = await makePrivateStore(account);
});

afterAll(async () => {
  await store.remove();
});

const program = `
  #include <stdio.h>
  #ifndef GREETING
  #define GREETING "hello"
  #endif
  int main(void) { puts(GREETING); return 0; }
`;

/** Writes a source tree and gives its path, which Nix expressions can use as it is. */
const writeSource = async (name: string, files: Readonly<Record<string, string>>): Promise<string> => {
  const directory = join(store.directory, 'sources', name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(directory, file, '..'), { recursive: true });
    await writeFile(join(directory, file), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  return directory;
};

const output = async (file: string): Promise<string> => (await store.run(file)).stdout;

test('a C program with a Makefile is built by make and make install', async () => {
  const source = await writeSource('with-makefile', {
    'main.c': program,
    Makefile: [
      'all: hello',
      'hello: main.c',
      '\t$(CC) -DGREETING=\\"$(WORD)\\" -o hello main.c',
      'install: all',
      '\tinstall -d $(PREFIX)/bin',
      '\tinstall -m755 hello $(PREFIX)/bin',
      '',
    ].join('\n'),
  });
  const path = await store.build(`pkgs.stdenv.mkDerivation {
    name = "with-makefile";
    src = ${source};
    makeFlags = [ "PREFIX=$(out)" "WORD=made" ];
  }`);
  expect(await output(`${path}/bin/hello`)).toBe('made\n');
});

test('a C program without a Makefile is built by its own phases, with hooks around them', async () => {
  const source = await writeSource('without-makefile', { 'main.c': program });
  const path = await store.build(`pkgs.stdenv.mkDerivation {
    pname = "without-makefile";
    version = "1";
    src = ${source};
    CFLAGS = "-DGREETING=\\"phases\\"";
    preBuild = "echo before >> trace";
    buildPhase = "runHook preBuild; $CC $CFLAGS -o hello main.c; runHook postBuild";
    postBuild = "echo after >> trace";
    installPhase = ''
      runHook preInstall
      mkdir -p $out/sbin $out/share
      cp hello $out/sbin
      cp trace $out/share
    '';
    preInstall = "echo install >> trace";
  }`);
  expect(path).toMatch(/-without-makefile-1$/);
  expect(await output(`${path}/bin/hello`)).toBe('phases\n');
  expect(await readlink(`${path}/sbin`)).toBe('bin');
  expect(await readFile(`${path}/share/trace`, 'utf8')).toBe('before\nafter\ninstall\n');
});

test('configure is run with the prefix when there is one, and a failing check stops the build', async () => {
  const source = await writeSource('with-configure', {
    configure: '#!/bin/sh\necho "$@" > configured\n',
    Makefile: 'all:\n\ncheck:\n\tfalse\n\ninstall:\n\tmkdir -p $(out)\n\tcp configured $(out)/\n',
  });
  const expression = (more: string): string =>
    `pkgs.stdenv.mkDerivation { name = "with-configure"; src = ${source}; configureFlags = [ "--with-x" ]; ${more} }`;
  const path = await store.build(expression(''));
  expect(await readFile(`${path}/configured`, 'utf8')).toBe(`--prefix=${path} --with-x\n`);
  expect((await store.tryBuild(expression('doCheck = true;'))).exitCode).not.toBe(0);
});

test('a source can be one file, several, or an archive, and is patched', async () => {
  const source = await writeSource('sources', {
    'main.c': program,
    'tree/text': 'old\n',
    'change.patch': '--- a/text\n+++ b/text\n@@ -1 +1 @@\n-old\n+new\n',
  });
  const archive = `${source}/tree.tar.gz`;
  await createRun(process.env)({ file: 'tar', args: ['-C', source, '-czf', archive, 'tree'] });
  const one = await store.build(
    `pkgs.stdenv.mkDerivation { name = "one"; src = ${source}/main.c; buildPhase = "cc -o one main.c"; installPhase = "install -D one $out/bin/one"; }`,
  );
  expect(await output(`${one}/bin/one`)).toBe('hello\n');
  const patched = await store.build(
    `pkgs.stdenv.mkDerivation { name = "patched"; src = ${archive}; patches = [ ${source}/change.patch ]; installPhase = "cp text $out"; }`,
  );
  expect(await readFile(patched, 'utf8')).toBe('new\n');
  const several = await store.build(
    `pkgs.stdenv.mkDerivation { name = "several"; srcs = [ ${archive} ${source}/main.c ]; sourceRoot = "."; installPhase = "mkdir $out; cp -r * $out"; }`,
  );
  expect(await readdir(several)).toEqual(expect.arrayContaining(['main.c', 'tree']));
});

test('a program finds the headers and the libraries of its inputs, when it is built and when it runs', async () => {
  const source = await writeSource('with-library', {
    'library/answer.c': 'int answer(void) { return 42; }\n',
    'library/answer.h': 'int answer(void);\n',
    'main.c': '#include <stdio.h>\n#include <answer.h>\nint main(void) { printf("%d\\n", answer()); return 0; }\n',
  });
  const path = await store.build(`
    let
      library = pkgs.stdenv.mkDerivation {
        name = "library";
        src = ${source}/library;
        buildPhase = "$CC -shared -fPIC -o libanswer.so answer.c";
        installPhase = "install -D libanswer.so $out/lib/libanswer.so; install -D answer.h $out/include/answer.h";
      };
    in
    pkgs.stdenv.mkDerivation {
      name = "with-library";
      src = ${source};
      buildInputs = [ library pkgs.coreutils [ null ] ];
      buildPhase = "$CC -I\${pkgs.coreutils.dev}/include main.c -lanswer -o main";
      installPhase = "install -D main $out/bin/main";
    }
  `);
  expect(await output(`${path}/bin/main`)).toBe('42\n');
  expect(await store.closure(path)).toContain('library');
});

test('scripts run without a PATH: their interpreters are made absolute, those of inputs in the store', async () => {
  const path = await store.build(`pkgs.stdenv.mkDerivation {
    name = "scripts";
    dontUnpack = true;
    buildInputs = [ pkgs.python3 ];
    installPhase = ''
      mkdir -p $out/bin
      printf '#!/usr/bin/env -S python3 -u\\nprint("python")\\n' > $out/bin/with-input
      printf '#!/usr/bin/env bash\\necho bash\\n' > $out/bin/with-host
      printf '#!/bin/sh\\necho sh\\n' > $out/bin/absolute
      chmod +x $out/bin/*
    '';
  }`);
  const firstLine = async (name: string): Promise<string | undefined> =>
    (await readFile(`${path}/bin/${name}`, 'utf8')).split('\n')[0];
  expect(await firstLine('with-input')).toMatch(
    new RegExp(`^#!${store.storeDirectory}/\\w+-python3-host/bin/python3 -u$`),
  );
  expect(await firstLine('with-host')).toMatch(/^#!\/usr\/(local\/)?s?bin\/bash$/);
  expect(await firstLine('absolute')).toBe('#!/bin/sh');
  const printed = await Promise.all(
    ['with-input', 'with-host', 'absolute'].map(
      async (name) => (await store.run(`${path}/bin/${name}`, [], { PATH: '' })).stdout,
    ),
  );
  expect(printed).toEqual(['python\n', 'bash\n', 'sh\n']);
  expect(await store.closure(path)).toContain('python3-host');
});

test('buildCommand replaces the phases, sees the attributes, and may be long', async () => {
  const path = await store.build(
    `pkgs.stdenv.mkDerivation {
    name = "by-command";
    greeting = "good day";
    isTrue = true;
    isFalse = false;
    isNull = null;
    list = [ 1 "two" ];
    env.NESTED = "nested";
    meta = throw "meta is not read";
    buildCommand = ''
      # \${lib.concatStrings (lib.genList (_: "0123456789") 30000)}
      printf '%s|%s|%s|%s|%s|%s|%s\\n' "$greeting" "$isTrue" "$isFalse" "\${isNull-unset}" "$list" "$NESTED" "\${meta-unset}" > $out
    '';
  }`
      .replaceAll('${isNull', "''${isNull")
      .replaceAll('${meta-', "''${meta-"),
  );
  expect(await readFile(path, 'utf8')).toBe('good day|1||unset|1 two|nested|unset\n');
});

test('a builder of its own can use the environment', async () => {
  const source = await writeSource('own-builder', {
    'builder.sh': 'source $stdenv/setup\nmkdir $out\nls --version | head -n 1 > $out/file\n',
  });
  const path = await store.build(
    `pkgs.stdenv.mkDerivation { name = "own-builder"; builder = ${source}/builder.sh; nativeBuildInputs = [ pkgs.coreutils ]; }`,
  );
  expect(await readFile(`${path}/file`, 'utf8')).toContain('coreutils');
});

test('outputs are divided, attributes refer to the final ones, and overriding builds anew', async () => {
  const package_ = `(pkgs.stdenv.mkDerivation (final: {
    name = "divided";
    outputs = [ "out" "dev" ];
    dontUnpack = true;
    word = "first";
    sentence = "the word is \${final.word}";
    passthru.told = final.sentence;
    installPhase = "mkdir -p $out/bin $out/include; echo $sentence > $out/include/told.h; touch $out/bin/x";
  }))`;
  const expression = `
    let package = ${package_}; changed = package.overrideAttrs (old: { word = old.word + "!"; }); in
    [ package.dev changed.dev ]
  `;
  const [first = '', second = ''] = (await store.build(expression)).split('\n');
  expect(await readFile(`${first}/include/told.h`, 'utf8')).toBe('the word is first\n');
  expect(await readFile(`${second}/include/told.h`, 'utf8')).toBe('the word is first!\n');
  expect(await store.evaluate(`(${package_}.overrideAttrs { word = "other"; }).told`)).toBe('the word is other');
});

test('a failing command ends the build, also within a pipe', async () => {
  const { exitCode } = await store.tryBuild(`pkgs.runCommand "failing" { } "false | true; touch $out"`);
  expect(exitCode).not.toBe(0);
});

test('what is built does not depend on the environment of the one who builds', async () => {
  const expression = `pkgs.runCommand "environment" { } "env | sort | sed -e '/^NIX_BUILD_TOP=/d; /^T\\\\?E\\\\?MP\\\\?/d; /PWD=/d; /NIX_BUILD_CORES/d' > $out"`;
  const path = await store.build(expression);
  const environment = await readFile(path, 'utf8');
  expect(environment).toContain('HOME=/homeless-shelter\n');
  expect(environment).toMatch(/^SHELL=.*\/bash$/m);
  expect(environment).not.toContain('NIX_STATE_DIR');
});
