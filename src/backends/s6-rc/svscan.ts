import { mkdir } from 'node:fs/promises';
import { ManagerUnavailableError } from '../../system/errors.js';
import type { Ports } from '../../system/ports.js';
import { MissingProgramError } from '../../system/run.js';
import { supervisorArguments, supervisorScript } from '../shared/supervisor-start.js';
import { sharedScanDirectory } from './place.js';
import { limitOptions, openFiles } from './scan-directory.js';

/**
 * Runs the s6-svscan that is on PATH in the foreground, on the scan directory of a runtime directory
 * (RUNTIMEDIR/service, which is made): every profile below that runtime directory uses it then. This is what
 * `nixproc-s6-svscan` does.
 *
 * @param signal ends it, with everything that it supervises
 * @returns its exit code
 * @throws ManagerUnavailableError when s6 is not installed
 */
export const superviseScanDirectory = async (
  runtimeDir: string,
  signal: AbortSignal,
  { run }: Pick<Ports, 'run'>,
): Promise<number> => {
  const scanDirectory = sharedScanDirectory(runtimeDir);
  await mkdir(scanDirectory, { recursive: true, mode: 0o755 });
  const end = (): void => {
    // It says itself when it cannot be asked; then it has ended already.
    void run({ file: 's6-svscanctl', args: ['-t', scanDirectory] });
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const limit = await limitOptions(scanDirectory, async (args) => (await run({ file: 's6-svscan', args })).exitCode);
    const { exitCode } = await run({
      file: '/bin/sh',
      args: [
        ...['-c', supervisorScript('command -v "$1" >/dev/null || exit 127; nixproc_run_clean "$@"'), 'sh'],
        ...supervisorArguments({ openFiles, runtimeDir: null }, ['s6-svscan', ...limit, scanDirectory]),
      ],
      mode: 'inherit',
    });
    if (exitCode === 127) throw new MissingProgramError('s6-svscan');
    return exitCode;
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error;
    throw new ManagerUnavailableError(
      {
        what: 'The program s6-svscan was not found',
        why: 'No directory on PATH holds it',
        fix: 'Install s6 (https://skarnet.org/software/s6/), or add its directory to PATH',
      },
      { cause: error },
    );
  } finally {
    signal.removeEventListener('abort', end);
  }
};
