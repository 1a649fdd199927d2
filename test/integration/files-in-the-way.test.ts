import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { isRoot } from '../support/is-root.js';
import { repository } from '../support/repository.js';

const attacker = 65_000;
const nobody = 65_534;

const describeAsRoot = isRoot ? describe : describe.skip;

// A service's user needs a directory for its files that everybody can write: anybody can put something there first.
describeAsRoot('what somebody else has put at the place of a log or a PID file', () => {
  let deployment: Deployment;
  let model: string;
  let tmp: string;
  let secret: string;
  const options = (manager: string) => ['-P', manager, `--state-dir=${deployment.stateDir}`];
  const deploy = (manager: string) => deployment.tool('switch', ...options(manager), model);
  const own = (path: string): void => {
    lchownSync(path, attacker, attacker);
  };
  const put: Readonly<Record<string, (path: string) => void>> = {
    pipe: (path) => {
      spawnSync('mkfifo', ['-m', '666', path]);
      own(path);
    },
    directory: (path) => {
      mkdirSync(join(path, 'within'), { recursive: true });
      own(path);
    },
    link: (path) => {
      symlinkSync(secret, path);
      own(path);
    },
    'second name': (path) => {
      linkSync(secret, path);
    },
  };

  beforeAll(async () => {
    const [root] = accounts;
    if (root === undefined) throw new Error('nobody can run the tests');
    deployment = await createDeployment(root, 'webapps');
    tmp = join(deployment.stateDir, 'tmp');
    secret = join(deployment.directory, 'secret');
    await writeFile(secret, 'secret\n', { mode: 0o600 });
    chmodSync(deployment.directory, 0o755);
    const program = join(deployment.directory, 'service.py');
    copyFileSync(join(repository, 'test/backends/support/service.py'), program);
    chmodSync(program, 0o755);
    model = join(deployment.directory, 'processes.nix');
    await writeFile(
      model,
      `{ pkgs ? import <nixpkgs> { }, stateDir ? "/var", processManager }:
      let
        createManagedProcess =
          import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
            inherit pkgs stateDir processManager;
            runtimeDir = "\${stateDir}/run";
            logDir = "\${stateDir}/log";
            tmpDir = "\${stateDir}/tmp";
          };
      in
      {
        watched.pkg = createManagedProcess {
          name = "watched"; user = "nobody";
          foregroundProcess = "\${pkgs.coreutils}/bin/sleep"; args = [ 1000 ];
        };
        daemon.pkg = createManagedProcess {
          name = "daemon"; user = "nobody"; instanceName = "daemon";
          daemon = "${program}"; daemonArgs = [ "daemon" "\${stateDir}/tmp/daemon.pid" ];
        };
      }`,
    );
    mkdirSync(tmp);
    chmodSync(tmp, 0o1777);
  });
  afterAll(async () => {
    await deployment.tool('undeploy');
    await deployment.dispose();
  });

  test.each(['sysvinit', 'supervisord'])('is told by a plan and taken away by a switch to %s', async (manager) => {
    const paths = manager === 'sysvinit' ? ['nixproc-watched.log', 'sleep.pid', 'daemon.pid'] : ['daemon.pid'];
    const kinds = ['pipe', 'directory', 'link'];
    paths.forEach((name, index) => put[kinds[index] ?? '']?.(join(tmp, name)));
    const plan = await deployment.tool('plan', ...options(manager), model);
    expect(plan).toMatchObject({ exitCode: 0 });
    expect(`${plan.stdout}${plan.stderr}`).toContain(`a pipe of user ${attacker} is in the way`);
    const { exitCode, stderr } = await deploy(manager);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    for (const name of paths)
      expect(stderr).toMatch(new RegExp(`(?:removed|moved) .* of user ${attacker} from ${tmp}/${name}`));
    if (manager === 'sysvinit') {
      expect(lstatSync(join(tmp, 'nixproc-watched.log'))).toMatchObject({ uid: nobody, mode: 0o100644 });
      expect((await deployment.tool('logs', 'watched')).exitCode).toBe(0);
    }
    expect((await deployment.tool('status')).exitCode).toBe(0);
    expect((await deployment.tool('undeploy')).exitCode).toBe(0);
  });

  test('is refused before anything is done where it is not ours to take away', async () => {
    for (const [thing, path] of [
      ['pipe', join(tmp, 'sleep.pid')],
      ['link', join(tmp, 'daemon.pid')],
    ] as const) {
      put[thing]?.(path);
      // The service's own doing.
      lchownSync(path, nobody, nobody);
      const { exitCode, stderr } = await deploy('sysvinit');
      expect({ exitCode, stderr }).toEqual({
        exitCode: 6,
        stderr: expect.stringMatching(new RegExp(`error: a ${thing} of user ${nobody} is in the way .*${path}`)),
      });
      expect(existsSync(join(deployment.runtimeDir, 'nixproc-sysvinit'))).toBe(false);
      rmSync(path);
    }
  });

  test.each(Object.keys(put))('is not shown as a log, and is taken away by a restart: a %s', async (kind) => {
    expect((await deploy('sysvinit')).exitCode).toBe(0);
    const log = join(tmp, 'nixproc-watched.log');
    rmSync(log);
    put[kind]?.(log);
    const shown = await deployment.tool('logs', 'watched');
    expect(shown).toMatchObject({ exitCode: 6, stdout: '' });
    expect(shown.stderr).toContain(log);
    const { exitCode, stderr } = await deployment.tool('restart', 'watched');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(/warning: (?:removed|moved) a/);
    expect(lstatSync(log)).toMatchObject({ uid: nobody, nlink: 1 });
    if (existsSync(log)) chownSync(log, nobody, nobody);
  });
});
