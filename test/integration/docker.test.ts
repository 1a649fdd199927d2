import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createContainerNamespace, type ContainerNamespace } from '../support/container-namespace.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { findLeftovers, nothing } from '../support/leftovers.js';
import { isRoot } from '../support/is-root.js';
import { switchAsPlanned } from '../support/plans.js';
import { pidsOf, statusOf } from '../support/status.js';
import { eventually } from '../support/waiting.js';

const proxy = 15_080;
// Containers need namespaces and mounts, which are root's.
const describeAsRoot = isRoot ? describe : describe.skip;

/** A model whose only process reads a file that its image has, and one that its image's script made. */
const imageModel = `
{ pkgs ? import <nixpkgs> { }, stateDir ? "/var", runtimeDir ? "\${stateDir}/run", logDir ? "\${stateDir}/log"
, tmpDir ? "\${stateDir}/tmp", forceDisableUserChange ? false, processManager, words ? "first", script ? "" }:
let
  createManagedProcess = import ../nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  tree = pkgs.runCommand "tree" { } "mkdir -p $out/srv; echo from a package > $out/srv/file; ln -s $out/srv/file $out/srv/link";
in
{
  reader.pkg = createManagedProcess {
    name = "reader";
    foregroundProcess = "/bin/sh";
    foregroundProcessArgs = [ "-c" "cat /srv/link /srv/made; echo \${words}; exec sleep 1000" ];
    overrides.docker = {
      image = generated: generated // {
        contents = [ tree ];
        runAsRoot = "echo by $(id -u) > /srv/made; \${script}";
      };
      container.dockerCreateParameters.stop-timeout = 3;
    };
  };
}`;

let namespace: ContainerNamespace;
const podman = async (...args: readonly string[]): Promise<readonly string[]> => {
  const { exitCode, stdout, stderr } = await namespace.run('podman', args);
  if (exitCode !== 0) throw new Error(`podman ${args.join(' ')}: ${stderr}`);
  return stdout.split('\n').filter(Boolean).sort();
};
const containers = () => podman('ps', '--all', '--format', '{{.Names}}');
const images = () => podman('images', '--all', '--quiet');

/** An ordinary user with subordinate IDs, as adduser(8) gives them. */
const user = { name: 'np-tester', uid: 64_321, gid: 64_321 };
const addUser = `
echo '${user.name}:x:${user.uid}:${user.gid}::/home/${user.name}:/bin/sh' >> etc/passwd
echo '${user.name}:x:${user.gid}:' >> etc/group
echo '${user.name}:200000:65536' >> etc/subuid
echo '${user.name}:200000:65536' >> etc/subgid`;

beforeAll(async () => {
  if (isRoot) namespace = await createContainerNamespace(addUser);
});
afterAll(async () => {
  if (isRoot) await namespace.dispose();
});

// The tests of each group are one story: each goes on where the one before has ended.
describeAsRoot('the web applications in containers of Podman', () => {
  let deployment: Deployment;
  const deploy = (messages: Readonly<Record<string, string>> = {}, manager = 'docker') =>
    switchAsPlanned(deployment, '-P', manager, ...deployment.modelOptions(messages), deployment.model);

  beforeAll(async () => {
    deployment = await createDeployment(namespace.account, 'webapps');
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('a switch starts a container for each instance, and the proxy answers for each virtual host', async () => {
    expect((await deploy()).stdout).toBe('');
    expect(await containers()).toEqual(['nixproc-nginx', 'nixproc-webapp1', 'nixproc-webapp2']);
    for (const { state, manager } of (await statusOf(deployment)).values()) {
      expect({ state, manager }).toEqual({ state: 'running', manager: 'docker' });
    }
    expect((await deployment.page(proxy, 'webapp1.local')).body).toContain('Hello from the first web application');
    expect((await deployment.page(proxy, 'webapp2.local')).body).toContain('Hello from the second web application');
    expect((await deployment.page(proxy, 'webapp3.local')).status).toBe(404);
  });

  test('the profile keeps everything alive that the containers mount', async () => {
    const { stdout } = await deployment.run('nix-store', '-qR', join(deployment.profilesDir, 'processes'));
    const names = stdout.split('\n').map((path) => path.replace(/^.*\/[0-9a-z]{32}-/, ''));
    expect(names).toEqual(
      expect.arrayContaining(['webapp', 'nginx-host', 'nginx-launch', 'nginx.conf', 'coreutils-host']),
    );
  });

  test('after a change of one environment every other instance keeps its container and its process', async () => {
    const before = { pids: await pidsOf(deployment), ids: await podman('ps', '--format', '{{.Names}} {{.ID}}') };
    await deploy({ webapp2: 'Changed' });
    const after = { pids: await pidsOf(deployment), ids: await podman('ps', '--format', '{{.Names}} {{.ID}}') };
    const changed = (name: string): boolean => after.pids[name] !== before.pids[name];
    expect(['nginx', 'webapp1', 'webapp2'].filter(changed)).toEqual(['webapp2']);
    expect(after.ids.filter((line) => !before.ids.includes(line))).toEqual([
      expect.stringMatching(/^nixproc-webapp2 /),
    ]);
    expect((await eventually(() => deployment.page(proxy, 'webapp2.local'))).body).toContain('Changed');
    expect((await images()).length).toBe(3);
  });

  test('undeploy leaves no container, no image and no process', async () => {
    await deployment.succeed('undeploy');
    expect(await containers()).toEqual([]);
    expect(await images()).toEqual([]);
    expect(await findLeftovers(deployment)).toEqual(nothing);
  });
});

describeAsRoot('an image with contents and a script of its own', () => {
  let deployment: Deployment;
  const deploy = (parameters: string) =>
    deployment.tool(
      ...['switch', '-P', 'docker', `--state-dir=${deployment.stateDir}`, '--force-disable-user-change'],
      ...['--extra-params', `{ ${parameters} }`, join(deployment.directory, 'model', 'processes.nix')],
    );

  beforeAll(async () => {
    deployment = await createDeployment(namespace.account, 'webapps');
    await mkdir(join(deployment.directory, 'model'));
    await writeFile(join(deployment.directory, 'model', 'processes.nix'), imageModel);
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('the process sees both', async () => {
    expect(await deploy('')).toMatchObject({ exitCode: 0 });
    expect((await deployment.succeed('logs', 'reader')).stdout).toBe('from a package\nby 0\nfirst\n');
    expect(await images()).toHaveLength(1);
  });

  test('a process that fails is reported with its last words, and the one before runs again', async () => {
    const [before] = await podman('inspect', '--format', '{{.Id}}', 'nixproc-reader');
    const { exitCode, stderr } = await deploy('words = "last words; exit 3";');
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(
      /reader did not restart: it does not stay up: .*exit code 3.*; its last lines:\n[^]*last words/,
    );
    expect(await podman('inspect', '--format', '{{.Id}} {{.State.Status}}', 'nixproc-reader')).toEqual([
      `${before} running`,
    ]);
    expect(await containers()).toEqual(['nixproc-reader']);
    expect(await images()).toHaveLength(1);
  });

  test('a script that fails ends the switch before anything is stopped, with its words', async () => {
    const { pid } = (await statusOf(deployment)).get('reader') ?? {};
    const { exitCode, stderr } = await deploy('script = "echo no such luck >&2; exit 4";');
    expect(exitCode).toBe(7);
    expect(stderr).toContain('no such luck');
    expect((await statusOf(deployment)).get('reader')?.pid).toBe(pid);
    await deployment.succeed('undeploy');
    expect([...(await containers()), ...(await images())]).toEqual([]);
  });
});

/** A model that uses the framework's own function for containers, with an archive that a build of its own makes. */
const archiveModel = `
{ pkgs ? import <nixpkgs> { }, processManager, words ? "first" }:
let
  createDockerContainer = import ../nix-processmgmt/nixproc/backends/docker/create-docker-container.nix {
    inherit (pkgs) stdenv lib;
  };
  dockerImage = pkgs.runCommand "image.tar.gz" { } ''
    mkdir -p layer/etc layer/usr
    ln -s usr/bin layer/bin; ln -s usr/lib layer/lib; ln -s usr/lib64 layer/lib64
    echo "\${words}" > layer/etc/words
    tar -C layer -cf layer.tar .
    digest=$(sha256sum layer.tar | cut -d" " -f1)
    echo '{"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/sh","-c","cat /etc/words; exec sleep 1000"]},"rootfs":{"type":"layers","diff_ids":["sha256:'$digest'"]}}' > config.json
    echo '[{"Config":"config.json","RepoTags":["theirs:1"],"Layers":["layer.tar"]}]' > manifest.json
    tar -cf - manifest.json config.json layer.tar | gzip > $out
  '';
in
{
  reader.pkg = createDockerContainer {
    name = "reader";
    inherit dockerImage;
    dockerImageTag = "theirs:1";
    dockerCreateParameters = [ { name = "v"; value = "/usr:/usr:ro"; } { name = "stop-timeout"; value = 3; } ];
    useHostNetwork = true;
  };
}`;

describeAsRoot('an archive that is run by createDockerContainer', () => {
  let deployment: Deployment;
  const deploy = (words: string) =>
    deployment.succeed(
      ...['switch', '-P', 'docker', '--state-dir', deployment.stateDir, '--extra-params', `{ words = "${words}"; }`],
      join(deployment.directory, 'model', 'processes.nix'),
    );
  const names = () => podman('images', '--format', '{{.Repository}}:{{.Tag}}');

  beforeAll(async () => {
    deployment = await createDeployment(namespace.account, 'webapps');
    await mkdir(join(deployment.directory, 'model'));
    await writeFile(join(deployment.directory, 'model', 'processes.nix'), archiveModel);
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('is known by a name of ours, and another one replaces it', async () => {
    await deploy('first');
    expect((await deployment.succeed('logs', 'reader')).stdout).toBe('first\n');
    const [first, ...others] = await names();
    expect(others).toEqual([]);
    expect(first).toMatch(/^localhost\/nix-processmgmt-ts\/archive:[0-9a-f]{32}$/);
    await deploy('second');
    expect((await deployment.succeed('logs', 'reader')).stdout).toBe('second\n');
    const after = await names();
    expect(after).toHaveLength(1);
    expect(after).not.toContain(first);
    await deployment.succeed('undeploy');
    expect([...(await containers()), ...(await images())]).toEqual([]);
  });
});

describeAsRoot('the web applications as services of root, with users of their own', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await createDeployment(namespace.account, 'webapps');
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('each runs as its user, who is the same in the container as on the machine', async () => {
    const options = deployment.modelOptions().filter((option) => option !== '--force-disable-user-change');
    await deployment.succeed('switch', '-P', 'docker', ...options, deployment.model);
    const page = await eventually(async () => {
      const answer = await deployment.page(proxy, 'webapp1.local');
      return answer.status === 200 ? answer : undefined;
    });
    expect(page.body).toContain('Hello from the first web application');
    const user = async (...args: readonly string[]): Promise<string> =>
      (await namespace.run('sh', ['-c', args.join(' ')])).stdout.trim();
    expect(await user('id -u webapp2')).toBe('2002');
    expect(await user('podman exec nixproc-webapp2 id -u')).toBe('2002');
    const workers = 'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = nginx ] && stat -c %U $p; done | sort -u';
    expect((await user(workers)).split('\n')).toEqual(['nginx', 'root']);
    await deployment.succeed('undeploy');
    expect([...(await containers()), ...(await images())]).toEqual([]);
  });
});

describeAsRoot('the web applications of an ordinary user, in a rootless Podman', () => {
  let deployment: Deployment;
  const inside = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await deployment.run('podman', ...args);
    if (exitCode !== 0) throw new Error(`podman ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };

  beforeAll(async () => {
    const account = namespace.accountOf(user);
    await namespace.run('install', ['-d', '-m', '700', '-o', user.name, '-g', user.name, `/run/user-${user.uid}`]);
    const prefix = [...account.prefix, 'env', `XDG_RUNTIME_DIR=/run/user-${user.uid}`];
    deployment = await createDeployment({ ...account, prefix }, 'webapps');
  });
  afterAll(async () => {
    await deployment.dispose();
  });

  test('run as that user, inside and outside', async () => {
    await deployment.succeed('switch', '-P', 'docker', ...deployment.modelOptions(), deployment.model);
    const page = await eventually(() => deployment.page(proxy, 'webapp1.local'));
    expect(page.body).toContain('Hello from the first web application');
    expect(await inside('exec', 'nixproc-webapp1', 'id', '-u')).toBe(String(user.uid));
    for (const { pid } of (await statusOf(deployment)).values()) {
      const { stdout } = await namespace.run('stat', ['-c', '%u', `/proc/${String(pid)}`]);
      expect(stdout.trim()).toBe(String(user.uid));
    }
  });

  test('undeploy leaves no container and no image', async () => {
    await deployment.succeed('undeploy');
    expect(await inside('ps', '--all', '--quiet')).toBe('');
    expect(await inside('images', '--all', '--quiet')).toBe('');
  });
});
