import type { RunResult } from '../../../src/system/ports.js';
import { systemPath } from '../../support/deployment.js';
import { repository } from '../../support/repository.js';
import { startThrowAwayMachine, type ThrowAwayMachine } from '../../support/throw-away-root.js';

/**
 * A machine on which root deploys two services of one user, and which has a stranger: somebody who may write to /tmp, and
 * knows everything about us.
 */
export interface Victim {
  /** Runs the tool as root; exit code 124 is that it did not end in time. */
  readonly tool: (...args: readonly string[]) => Promise<RunResult>;
  /** Runs a shell script as root; throws when it fails. */
  readonly root: (script: string) => Promise<string>;
  /** Runs a shell script as the user of the services. */
  readonly service: (script: string) => Promise<string>;
  /** Runs a shell script as somebody whom none of this concerns. */
  readonly stranger: (script: string) => Promise<string>;
  readonly switchTo: (manager: string, ...options: readonly string[]) => Promise<RunResult>;
  /** What must not have happened, but has: one line each. */
  readonly harm: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** What nobody but root may read. */
export const secret = 'THE-WORDS-OF-ROOT';
/** Seconds that a command may take on a machine where others work, too. */
const patience = 45;

const model = `{ pkgs ? import <nixpkgs> { }, stateDir ? "/var", runtimeDir ? "/run", logDir ? "/var/log", tmpDir ? "/tmp"
, forceDisableUserChange ? false, processManager }:
let
  create = import <nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix> {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  credentials = { groups.svc = { }; users.svc = { group = "svc"; description = "Service"; }; };
in
{
  # Its PID file and its log are where everybody may write.
  worker.pkg = create {
    instanceName = "worker";
    user = "svc";
    foregroundProcess = "/bin/sh";
    args = [ "-c" "echo works; exec sleep 100001" ];
    inherit credentials;
  };
  # It writes its PID into a directory of its own.
  keeper.pkg = create {
    name = "keeper";
    user = "svc";
    initialize = "mkdir -p \${runtimeDir}/keeper; chown svc:svc \${runtimeDir}/keeper";
    daemon = "/victim/service.py";
    daemonArgs = [ "daemon" "\${runtimeDir}/keeper/keeper.pid" ];
    pidFile = "\${runtimeDir}/keeper/keeper.pid";
    inherit credentials;
  };
}
`;

const prepare = `
mkdir -p /victim
cat > /victim/processes.nix
cp "$REPOSITORY/test/backends/support/service.py" /victim/service.py; chmod 755 /victim/service.py
groupadd -g 4711 svc; useradd -u 4711 -g svc -M -d / -s /bin/sh svc
useradd -u 4712 -M -d / -s /bin/sh stranger
chmod 1777 /tmp
echo ${secret} > /root/secret; chmod 600 /root/secret
setsid sleep 100003 < /dev/null > /dev/null 2>&1 &
echo $! > /root/bystander
ls /etc/cron.d /root > /victim/before
`;

const look = `
[ -d "/proc/$(cat /root/bystander)" ] || echo "root's process was ended"
[ "$(cat /root/secret)" = ${secret} ] || echo "root's file was changed"
[ "$(stat -c '%U %a' /root/secret)" = "root 600" ] || echo "root's file was given away"
ls /etc/cron.d /root | cmp -s - /victim/before || echo "a file was made where only root may write"
`;

/** @throws Error when the machine cannot be made ready */
export const createVictim = async (): Promise<Victim> => {
  const machine: ThrowAwayMachine = await startThrowAwayMachine();
  const shellAs = (prefix: readonly string[]) => async (script: string) => {
    const { exitCode, stdout, stderr } = await machine.run('env', ...prefix, 'sh', '-euc', script);
    if (exitCode !== 0) throw new Error(`${script}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  const become = (user: string): readonly string[] => [
    'setpriv',
    `--reuid=${user}`,
    `--regid=${user}`,
    '--clear-groups',
    '--',
  ];
  const root = shellAs([]);
  await root(
    `REPOSITORY=${repository}\n${prepare}`.replace(
      'cat > /victim/processes.nix',
      `cat > /victim/processes.nix <<'END'\n${model}END`,
    ),
  );
  const tool = (...args: readonly string[]) =>
    machine.run(
      ...(['env', `PATH=${systemPath}`, 'NIXPROC_SETTLE=0', 'timeout', '-k', '5', String(patience)] as const),
      ...[process.execPath, `${repository}/bin/nix-processmgmt-ts`, ...args],
    );
  return {
    tool,
    root,
    service: shellAs(become('svc')),
    stranger: shellAs(become('stranger')),
    switchTo: (manager, ...options) =>
      tool('switch', '-P', manager, '--host-packages', ...options, '/victim/processes.nix'),
    harm: () => root(look),
    stop: () => machine.stop(),
  };
};
