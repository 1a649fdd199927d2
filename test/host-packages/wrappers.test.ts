import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Account, accounts } from '../support/accounts.js';
import { type PrivateStore, makePrivateStore } from './private-store.js';

const [account] = accounts as readonly [Account];
let store: PrivateStore;
let programs: string;

/** What a program of the host is in these tests: it says how it was called, and what it would have read. */
const standIn = `#!/bin/bash
if [ "$1" = -l ]; then printf 'Compiled in modules:\\n  core.c\\n  mod_so.c\\n  mod_log_config.c\\n  mod_unixd.c\\n'; exit; fi
printf '[%s]' "\${@//$PWD\\//}"
echo " PATH=$PATH"
for word in "$@"; do
  case $word in -f/*) word=\${word#-f} ;; esac
  if [ -f "$word" ]; then cat "$word"; cat "$word" >/dev/null; fi
done
`;

const names = [
  ...['apache2', 'dockerd', 'docker', 'mariadbd', 'vsftpd', 's6-svscan', 's6-supervise', 's6-rc-compile', 's6x'],
  ...['dysnomia', 'dysnomia-containers'],
];

beforeAll(async () => {
  store = await makePrivateStore(account);
  programs = join(store.directory, 'programs');
  await mkdir(programs);
  for (const name of names) {
    await writeFile(join(programs, name), standIn);
    await chmod(join(programs, name), 0o755);
  }
});

afterAll(async () => {
  await store.remove();
});

/** A package of the table, made of the stand-ins. */
const packageOf = (attribute: string): Promise<string> =>
  store.build(`
    let
      real = import <nixpkgs/host.nix>;
      host = real // {
        firstExisting = paths: real.firstExisting (builtins.filter (path: !(lib.hasPrefix "/usr" path)) paths);
        programDirectories = [ "${programs}" ];
        programs = builtins.mapAttrs (name: _: "${programs}/\${name}") (builtins.readDir "${programs}");
      };
      missing = import <nixpkgs/missing.nix> { inherit host lib; };
      hostPackage = import <nixpkgs/host-package.nix> { inherit host lib missing; bash = "/bin/bash"; };
      table = import <nixpkgs/tables/programs.nix> { inherit host; };
    in
    hostPackage.fromEntry "${attribute}" table.${attribute}
  `);

const outputOf = async (program: string, args: readonly string[], path = '/usr/bin:/bin'): Promise<string> =>
  (await store.run(program, args, { PATH: path, PWD: store.directory })).stdout;

test('httpd gets its configuration without lines that load what is compiled in, by both spellings of -f', async () => {
  const { httpd, config } = {
    httpd: `${await packageOf('apacheHttpd')}/bin/httpd`,
    config: join(store.directory, 'c'),
  };
  const builtIn = 'LoadModule log_config_module /x/mod_log_config.so';
  await writeFile(config, `ServerRoot /x\n${builtIn}\nLoadModule mime_module /m.so\n`);
  const expected = `ServerRoot /x\n# is built in: ${builtIn}\nLoadModule mime_module /m.so\n`;
  const apart = await outputOf(httpd, ['-D', 'X', '-f', config, '-DFOREGROUND']);
  expect(apart).toMatch(/^\[-D\]\[X\]\[-f\]\[\/proc\/self\/fd\/9\]\[-DFOREGROUND\]/);
  expect(apart.slice(apart.indexOf('\n') + 1)).toBe(expected);
  const joined = await outputOf(httpd, [`-f${config}`, '-k', 'start']);
  expect(joined).toMatch(/^\[-f\/proc\/self\/fd\/9\]\[-k\]\[start\]/);
  expect(joined.slice(joined.indexOf('\n') + 1)).toBe(expected);
});

test('httpd gets a configuration that loads nothing of the kind as it is', async () => {
  const httpd = `${await packageOf('apacheHttpd')}/bin/httpd`;
  const config = join(store.directory, 'plain');
  await writeFile(config, 'LoadModule mime_module /m.so\n');
  expect(await outputOf(httpd, ['-f', config])).toMatch(/^\[-f\]\[plain\] /);
  expect(await outputOf(httpd, ['-v'])).toMatch(/^\[-v\] /);
});

test("an instance of MariaDB does not read the configuration of the machine's own, unless it names one", async () => {
  const mysqld = `${await packageOf('mariadb')}/bin/mysqld`;
  expect(await outputOf(mysqld, ['--port', '3307'])).toMatch(/^\[--no-defaults\]\[--port\]\[3307\] /);
  expect(await outputOf(mysqld, ['--defaults-file=/etc/my.cnf', '--port'])).toMatch(/^\[--defaults-file=/);
});

test('vsftpd serves alone and in the foreground, unless its configuration says otherwise', async () => {
  const vsftpd = `${await packageOf('vsftpd')}/bin/vsftpd`;
  const config = join(store.directory, 'v');
  await writeFile(config, 'listen_port=2001\n');
  expect(await outputOf(vsftpd, [config])).toMatch(/^\[-olisten=YES\]\[v\]\[-obackground=NO\] /);
  await writeFile(config, 'listen_ipv6=YES\n');
  expect(await outputOf(vsftpd, [config])).toMatch(/^\[v\]\[-obackground=NO\] /);
});

test("dockerd finds the host's containerd and runc, behind the PATH of its service", async () => {
  const dockerd = `${await packageOf('docker')}/bin/dockerd`;
  expect(await outputOf(dockerd, ['-D'], '/only')).toBe(
    '[-D] PATH=/only:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
  );
});

test('a program that no package of the distribution owns has the company of its own name', async () => {
  expect(await readdir(`${await packageOf('s6')}/bin`)).toEqual(['s6-rc-compile', 's6-supervise', 's6-svscan']);
  expect(await readdir(`${await packageOf('dysnomia')}/bin`)).toEqual(['dysnomia', 'dysnomia-containers']);
});

test('a derivation whose name is empty or no name for a store path gets one', async () => {
  expect(
    await store.evaluate(
      'map (name: (pkgs.writeTextFile { inherit name; text = ""; }).name) [ "" "a b" ".hidden" "plain" ]',
    ),
  ).toEqual(['unknown', 'a-b', 'hidden', 'plain']);
});
