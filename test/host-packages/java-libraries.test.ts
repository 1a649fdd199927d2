import { readlink } from 'node:fs/promises';
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

/** The set of these packages on a machine that has all their files, or none. */
const packagesWhere = (areThere: boolean): string => `
  let
    real = import <nixpkgs/host.nix>;
    host = real // {
      isDebian = true;
      firstExisting = paths: if ${areThere} then builtins.head paths else null;
    };
    missing = import <nixpkgs/missing.nix> { inherit host lib; };
    hostPackage = import <nixpkgs/host-package.nix> { inherit host lib missing; inherit (real.programs) bash; };
  in
  builtins.mapAttrs hostPackage.fromFiles (import <nixpkgs/tables/java-libraries.nix>)`;

const linksOf = async (attribute: string, ...files: readonly string[]): Promise<readonly string[]> => {
  const path = await store.build(`(${packagesWhere(true)}).${attribute}`);
  return Promise.all(files.map((file) => readlink(`${path}/${file}`)));
};

test("a driver for MySQL is MariaDB's, by both names that it has had", async () => {
  const jar = '/usr/share/java/mariadb-java-client.jar';
  expect(
    await linksOf('mysql_jdbc', 'share/java/mysql-connector-j.jar', 'share/java/mysql-connector-java.jar'),
  ).toEqual([jar, jar]);
});

test("libraries of Java are the machine's, with what they have in C", async () => {
  expect(await linksOf('libmatthew_java', 'lib/jni/libunix-java.so', 'share/java/unix.jar')).toEqual([
    '/usr/lib/jni/libunix-java.so',
    '/usr/share/java/unix.jar',
  ]);
  expect(await linksOf('dbus_java', 'share/java/dbus.jar')).toEqual(['/usr/share/java/dbus.jar']);
});

test.each([
  ['mysql_jdbc', 'there is no /usr/share/java/mariadb-java-client.jar', 'apt-get install libmariadb-java'],
  [
    'libmatthew_java',
    'there is no /usr/lib/jni/libunix-java.so',
    'apt-get install libunixsocket-java libmatthew-debug-java libmatthew-io-java',
  ],
  ['dbus_java', 'there is no /usr/share/java/dbus.jar', 'apt-get install libdbus-java'],
  ['DisnixWebService', 'no package of Debian is its equal', 'leave out what needs it'],
])('%s that is not there is told, with what to install', async (attribute, why, fix) => {
  const { exitCode, stderr } = await store.tryBuild(`(${packagesWhere(false)}).${attribute}`);
  expect(exitCode).not.toBe(0);
  const json = /nix-processmgmt-ts explains: (\{.*\})/.exec(stderr)?.[1] ?? stderr;
  expect(JSON.parse(json)).toMatchObject({
    what: `pkgs.${attribute}: this host does not have it`,
    why: `nixpkgs is not in use, so packages are the host's own programs; ${why}`,
    fix: expect.stringMatching(new RegExp(`^${fix}, or add the nixpkgs channel: `)),
  });
});

test('the package set has them', async () => {
  expect(
    await store.evaluate(
      'map (name: pkgs ? ${name}) [ "mysql_jdbc" "libmatthew_java" "dbus_java" "DisnixWebService" ]',
    ),
  ).toEqual([true, true, true, true]);
});
