import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { endProcessesThatMention, processesThatMention } from '../processes.mjs';

/**
 * A directory for everything that the tests make, TMPDIR of their processes: what they leave, because they were
 * interrupted or are wrong, can be found and taken away. Its path is short, since sockets end up below it.
 */
export const makeScratch = () => {
  const path = mkdtempSync('/tmp/npt-');
  chmodSync(path, 0o1777);
  return {
    path,
    /** What still runs. */
    leftovers: () => processesThatMention(path).map(({ pid, commandLine }) => `${pid} ${commandLine}`),
    remove: async () => {
      await endProcessesThatMention(path);
      // Directories of a Nix store are read-only.
      spawnSync('chmod', ['-R', 'u+w', path]);
      spawnSync('rm', ['-rf', path]);
      // A shell that was killed may have made a control group when its test was over.
      const groups = ['-depth', '-type', 'd', '-path', `*/nixproc.instances${path}*`];
      spawnSync('find', ['/sys/fs/cgroup', ...groups, '-exec', 'rmdir', '-p', '{}', ';']);
    },
  };
};
