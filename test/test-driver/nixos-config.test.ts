import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createEvaluator, type Evaluator } from '../evaluate/support/evaluation.js';
import { nixDirectory } from '../shims/support/checkout.js';

let evaluator: Evaluator;
beforeAll(async () => {
  evaluator = await createEvaluator();
});
afterAll(() => evaluator.remove());

interface Machine {
  readonly users: readonly Readonly<Record<string, unknown>>[];
  readonly packages: readonly string[];
  readonly unknown: readonly string[];
}

/** What is read of NixOS modules (Nix text of a list). Throws what Nix said. */
const read = async (modules: string): Promise<Machine> => {
  const file = join(evaluator.directory, 'modules.nix');
  await writeFile(
    file,
    `let
      pkgs = { lib = { }; shell = { outPath = "/store/bash"; pname = "bash"; }; hello = { outPath = "/store/hello"; }; };
      machine = import ${nixDirectory}/nixos-config.nix { inherit pkgs; modules = ${modules}; };
    in machine // { packages = map toString machine.packages; }`,
  );
  const { exitCode, stdout, stderr } = await evaluator.run({
    file: 'nix-instantiate',
    args: ['--eval', '--strict', '--json', file],
  });
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Machine;
};

test.each([
  ['nothing', '[ null ]', { users: [], packages: [], unknown: [] }],
  ['what is about virtual machines', '[ { virtualisation.memorySize = 1024; } ]', { users: [], unknown: [] }],
  [
    'a normal user, who has a home and the group users',
    '[ { users.users.ftp = { description = "FTP"; isNormalUser = true; createHome = true; password = "secret"; }; } ]',
    { users: [{ name: 'ftp', group: 'users', home: '/home/ftp' }], unknown: [] },
  ],
  [
    'what is said of a user, with a package as the shell, under the older name of the option',
    '[ ({ pkgs, ... }: { users.extraUsers.a = { uid = 7; group = "b"; home = "/c"; shell = pkgs.shell; extraGroups = [ "d" ]; }; }) ]',
    { users: [{ name: 'a', uid: 7, group: 'b', home: '/c', shell: '/store/bash/bin/bash', extraGroups: ['d'] }] },
  ],
  [
    'packages, of lists of modules and modules that import others, behind conditions and priorities',
    `[ [ { environment.systemPackages = { _type = "if"; condition = true; content = [ "/store/one" ]; }; } ]
       { imports = [ ({ pkgs, ... }: { config.environment.systemPackages = [ pkgs.hello ]; }) ]; }
       { environment.systemPackages = { _type = "if"; condition = false; content = [ "/store/none" ]; }; } ]`,
    { packages: ['/store/one', '/store/hello'] },
  ],
])('of nixosConfig is read %s', async (_, modules, expected) => {
  expect(await read(modules)).toMatchObject(expected);
});

test('what only NixOS can do is named', async () => {
  const { unknown } = await read(`[
    { services.openssh.enable = true; networking.firewall.enable = false; users.users.a.openssh.authorizedKeys.keys = [ ]; }
    { environment.etc."motd".text = ""; environment.systemPackages = [ ]; }
  ]`);
  expect(unknown).toEqual(['environment.etc', 'networking.firewall', 'services.openssh', 'users.users.a.openssh']);
});

test('a module that reads the configuration of NixOS is told that there is none', async () => {
  await expect(read('[ ({ config, ... }: { users.users = config.x; }) ]')).rejects.toThrow(
    'The nixosConfig of a test suite reads the configuration of NixOS',
  );
});
