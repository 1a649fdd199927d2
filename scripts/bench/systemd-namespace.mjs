import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Why the tests' systemd cannot be booted here; null when it can. */
export const whyNoSystemd = () => {
  if (process.getuid() !== 0) return 'since only root can boot a systemd of its own';
  return spawnSync('unshare', ['--mount', '--pid', '--fork', '--cgroup', 'true']).status === 0
    ? null
    : 'since this machine does not let root make namespaces';
};

/**
 * Boots the systemd of the tests (test/support/systemd-namespace.ts), over a throw-away copy of the machine.
 *
 * @param {string} directory where the compiled test support can be put
 */
export const bootSystemd = async (repository, directory) => {
  const outfile = join(directory, 'systemd-namespace.mjs');
  const place = pathToFileURL(join(repository, 'test/support/systemd-namespace.ts')).href;
  await build({
    entryPoints: [join(repository, 'test/support/systemd-namespace.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    // It finds the repository from where its source is.
    define: { 'import.meta.url': JSON.stringify(place) },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(process.cwd() + '/');" },
  });
  const namespace = await import(pathToFileURL(outfile).href);
  return namespace.bootSystemd();
};
