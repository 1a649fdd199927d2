import { existsSync } from 'node:fs';
import { createContainerNamespace, type ContainerNamespace } from '../../../support/container-namespace.js';
import { isRoot } from '../../../support/is-root.js';

/** Where `npm test` unpacks it (scripts/setup/unpacked-packages.mjs). */
export const unpackedOpenrc = '/var/cache/nix-processmgmt-ts/openrc';

/** Why no OpenRC can be tested here; null when one can. */
export const noOpenrc = !isRoot
  ? 'only root can make a machine for OpenRC'
  : existsSync(unpackedOpenrc)
    ? null
    : "Debian's OpenRC was not unpacked";

/** What OpenRC finds when init starts it: nothing of the time before (rc_svcdir of init.sh). */
const boot = `
rm -rf run/openrc run/supervise-*
mkdir -p run/lock run/openrc
for state in daemons exclusive failed hotplugged inactive options scheduled started starting stopping tmp wasinactive; do
  mkdir "run/openrc/$state"
done
echo default >run/openrc/softlevel`;

/** Shell commands that make a copy of this machine one that OpenRC runs, in its root directory. Control groups are the tool's. */
export const installOpenrc = `
cp -a ${unpackedOpenrc}/bin/. bin/
cp -a ${unpackedOpenrc}/sbin/. sbin/
cp -a ${unpackedOpenrc}/lib/. lib/
rm -rf etc/init.d etc/runlevels etc/conf.d
mkdir -p etc/init.d etc/conf.d
for runlevel in sysinit boot default nonetwork shutdown; do mkdir -p "etc/runlevels/$runlevel"; done
printf '%s\\n' 'rc_controller_cgroups="NO"' 'rc_logger="NO"' 'rc_shell=/sbin/sulogin' >etc/rc.conf
${boot}`;

/** A copy of this machine that OpenRC runs, as far as services go: its first process does nothing but wait for others. */
export interface Machine extends ContainerNamespace {
  /** Runs a command as root; throws when it fails. */
  readonly mustRun: (file: string, ...args: readonly string[]) => Promise<string>;
  /** Ends every process at once, and starts what starts at boot. */
  readonly reboot: (meanwhile: () => void) => Promise<void>;
}

export const createMachine = async (): Promise<Machine> => {
  const namespace = await createContainerNamespace(installOpenrc);
  const mustRun: Machine['mustRun'] = async (file, ...args) => {
    const { exitCode, stdout, stderr } = await namespace.run(file, args);
    if (exitCode !== 0) throw new Error(`${file} ${args.join(' ')}: exit code ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    ...namespace,
    mustRun,
    reboot: async (meanwhile) => {
      // All but the first process of the namespace and the shell itself; their parents first have no time to act.
      await namespace.run('sh', ['-c', 'kill -KILL -1']);
      await mustRun('sh', '-euc', `cd /\n${boot}`);
      meanwhile();
      await mustRun('openrc', 'default');
    },
  };
};
