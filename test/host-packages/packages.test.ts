import { lstat, mkdir, readdir, readlink, realpath, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
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

/** What our Nix code said to the user when it gave up. */
const explanationIn = (stderr: string): unknown => {
  const json = /nix-processmgmt-ts explains: (\{.*\})/.exec(stderr)?.[1];
  if (json === undefined) throw new Error(stderr);
  return JSON.parse(json);
};

test('the directory works as <nixpkgs> and <nixpkgs/lib>, and tells that it is not nixpkgs', async () => {
  const told = await store.evaluate(`{
    inherit (pkgs) isHostPackages system;
    sameLib = lib.optionalString true "yes" + pkgs.lib.concatStrings [ "!" ];
    withArguments = (import <nixpkgs> { system = "x86_64-linux"; config.allowUnfree = true; crossSystem = null; }).isHostPackages;
  }`);
  expect(told).toEqual({
    isHostPackages: true,
    system: expect.stringMatching(/^\w+-\w+$/),
    sameLib: 'yes!',
    withArguments: true,
  });
});

test('a package has its program, and the configuration files that nixpkgs puts beside it', async () => {
  const nginx = await store.build('pkgs.nginx');
  expect(await realpath(`${nginx}/bin/nginx`)).toBe(await realpath('/usr/sbin/nginx'));
  expect(await realpath(`${nginx}/sbin/nginx`)).toBe(await realpath('/usr/sbin/nginx'));
  expect((await lstat(`${nginx}/conf/mime.types`)).isFile()).toBe(true);
  expect(await readlink(`${nginx}/share`)).toBe('/usr/share');
  expect(await readlink(`${nginx}/etc`)).toBe('/etc');
  expect(await readlink(`${nginx}/lib`)).toBe('/usr/lib');
});

test('a package holds all programs of the distribution package that owns its program', async () => {
  const programs = await readdir(`${await store.build('pkgs.sed')}/bin`);
  expect(programs).toContain('sed');
  const supervisor = await readdir(`${await store.build('pkgs.supervisord')}/bin`);
  expect(supervisor).toEqual(expect.arrayContaining(['supervisord', 'supervisorctl', 'pidproxy']));
  const coreutils = await readdir(`${await store.build('pkgs.coreutils')}/bin`);
  expect(coreutils).toEqual(expect.arrayContaining(['ls', 'cat', 'mkdir', 'sleep', 'sha256sum', '[']));
});

test('s6 and execline are those beside the s6-rc that comes first on PATH', async () => {
  const directory = join(store.directory, 'skarnet');
  await mkdir(directory);
  for (const name of ['s6-rc', 's6-rc-compile', 's6-svscan', 's6-svc', 'execlineb', 'if', 'export']) {
    await writeFile(join(directory, name), '#!/bin/sh\n', { mode: 0o755 });
  }
  const env = { PATH: [directory, process.env['PATH'] ?? ''].join(delimiter) };
  const s6 = await store.build('pkgs.s6', env);
  expect(await readdir(`${s6}/bin`)).toEqual(['s6-rc', 's6-rc-compile', 's6-svc', 's6-svscan']);
  expect(await readlink(`${s6}/bin/s6-svscan`)).toBe(join(directory, 's6-svscan'));
  expect(await readdir(`${await store.build('pkgs.execline', env)}/bin`)).toEqual(['execlineb', 'export', 'if']);
  // Without one, they are the distribution's, as ever.
  expect(await realpath(`${await store.build('pkgs.s6')}/bin/s6-svscan`)).not.toContain(directory);
});

test('a program that no package owns is a package alone', async () => {
  // Debian's alternatives make this link; no package lists it.
  expect(await readdir(`${await store.build('pkgs.awk')}/bin`)).toEqual(['awk']);
});

test('names of nixpkgs lead to programs of other names', async () => {
  const programs = {
    gnused: 'sed',
    gnugrep: 'grep',
    findutils: 'xargs',
    inetutils: 'hostname',
    sysvinit: 'start-stop-daemon',
    'util-linux': 'setpriv',
    utillinux: 'mount',
    procps: 'ps',
    shadow: 'useradd',
    su: 'su',
    daemon: 'daemon',
    bash: 'sh',
    'python3Packages.supervisor': 'supervisord',
    'pythonPackages.supervisor': 'supervisorctl',
    python3: 'python',
    'stdenv.cc': 'cc',
  };
  const links = Object.keys(programs).map((name) => `{ name = "${name}"; path = pkgs.${name}; }`);
  const farm = await store.build(`pkgs.linkFarm "all" [ ${links.join(' ')} ]`);
  const missing: string[] = [];
  for (const [name, program] of Object.entries(programs)) {
    if (!(await readdir(`${farm}/${name}/bin`)).includes(program)) missing.push(`${program} of ${name}`);
  }
  expect(missing).toEqual([]);
});

test("python's interpreter runs as the host's, with the host's modules", async () => {
  const python = await store.build('pkgs.python3.withPackages (modules: [ modules.supervisor ])');
  const { stdout } = await store.run(`${python}/bin/python3`, ['-c', 'import sys, supervisor; print(sys.prefix)']);
  expect(stdout).toBe('/usr\n');
});

test('one machine gives one path, whoever asks and by whatever name', async () => {
  const paths = await store.evaluate(`map (pkg: pkg.outPath) [
    pkgs.python3Packages.supervisor pkgs.pythonPackages.supervisor
    (import <nixpkgs> { }).python3Packages.supervisor (import <nixpkgs> { overlays = [ (_: _: { }) ]; }).pythonPackages.supervisor
  ]`);
  expect(new Set(paths as string[]).size).toBe(1);
});

test('packages of models that call the set again and again are made once', async () => {
  const { stderr } = await store.run(
    'nix-instantiate',
    [
      ...['--eval', '--strict', '--expr'],
      'builtins.foldl\' (n: _: builtins.seq (import <nixpkgs> { system = "x86_64-linux"; }).nginx.outPath (n + 1)) 0 (builtins.genList (n: n) 300)',
    ],
    {
      NIX_COUNT_CALLS: '1',
      NIX_SHOW_STATS: '1',
      NIX_PATH: `nixpkgs=${store.hostPackages}`,
      NIX_STORE_DIR: store.storeDirectory,
      NIX_STATE_DIR: `${store.directory}/var`,
    },
  );
  const statistics = JSON.parse(stderr.slice(stderr.indexOf('{'))) as { readonly primops: Record<string, number> };
  expect(statistics.primops['derivationStrict']).toBe(1);
  expect(statistics.primops['readDir']).toBeLessThanOrEqual(6);
});

test('nothing is looked up until it is used', async () => {
  expect(
    await store.evaluate(
      'let other = pkgs // { nginx = throw "forced"; }; in [ (pkgs ? mongodb) (pkgs ? no-such-program) other.lib.version ]',
    ),
  ).toEqual([true, false, 'host']);
});

test('a program that the host lacks is named, with what to install', async () => {
  const { exitCode, stderr } = await store.tryBuild('pkgs.varnish');
  expect(exitCode).not.toBe(0);
  expect(explanationIn(stderr)).toEqual({
    what: 'pkgs.varnish: this host has no program varnishd',
    why: expect.stringContaining("packages are the host's own programs; none is in /usr/local/sbin, /usr/local/bin"),
    fix: expect.stringMatching(/^apt-get install varnish, or add the nixpkgs channel: nix-channel --add /),
    lacks: true,
  });
});

test('without a Debian package the advice is to install the program', async () => {
  const { stderr } = await store.tryBuild('pkgs.fcron');
  expect(explanationIn(stderr)).toMatchObject({
    what: 'pkgs.fcron: this host has no program fcron',
    fix: expect.stringMatching(/^install a program named fcron, or add the nixpkgs channel: /),
  });
});

test('a module or header that the host lacks is named, with what to install', async () => {
  const module = await store.tryBuild('pkgs.python3.withPackages (modules: [ modules.setproctitle modules.waitress ])');
  expect(explanationIn(module.stderr)).toMatchObject({
    what: expect.stringMatching(/^pkgs\.python3Packages\.\w+: this host has no Python module \w+$/),
    fix: expect.stringMatching(/^apt-get install python3-\w+, or /),
  });
  const header = await store.tryBuild('pkgs.zeromq');
  expect(explanationIn(header.stderr)).toMatchObject({
    what: 'pkgs.zeromq: this host has no header zmq.h',
    fix: expect.stringMatching(/^apt-get install libzmq3-dev, or /),
  });
});

test('a package function names the argument that nothing supplies', async () => {
  const { stderr } = await store.tryBuild('pkgs.callPackage ({ stdenv, frobnicate }: stdenv) { }');
  expect(explanationIn(stderr)).toMatchObject({ what: 'callPackage: there is no package frobnicate' });
});

test('a default argument is not replaced by a program that happens to have its name', async () => {
  expect(
    await store.evaluate(
      'let call = pkgs.callPackage ({ lib, test ? "default", nginx ? null, ls }: { result = [ test (nginx != null) (ls != null) ]; }) { }; in call.result',
    ),
  ).toEqual(['default', true, true]);
});

test('overlays change what other packages and functions see', async () => {
  const told = await store.evaluate(`
    let
      overlaid = import <nixpkgs> { overlays = [ (final: prev: { greeting = "hello"; twice = final.greeting + final.greeting; }) ]; };
      extended = overlaid.extend (final: prev: { greeting = "bye"; });
    in
    [ overlaid.twice extended.twice (extended.callPackage ({ twice }: { result = twice; }) { }).result ]
  `);
  expect(told).toEqual(['hellohello', 'byebye', 'byebye']);
});

test("changing a host's package warns that it stays as it is", async () => {
  const { exitCode, stderr } = await store.tryBuild('pkgs.nginx.override { withStream = true; }');
  expect(exitCode).toBe(0);
  expect(stderr).toContain("pkgs.nginx is the host's own: override changes nothing about it");
});
