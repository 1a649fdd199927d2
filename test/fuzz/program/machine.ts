import { join } from 'node:path';
import type { Run, RunResult } from '../../../src/system/ports.js';
import { answer, FakeSystemd } from './fake-systemd.js';
import { fakeNix } from './fake-nix.js';
import type { World } from './world.js';

/** The programs of the machine of one case, in good health. */
export interface Machine {
  readonly run: Run;
  readonly systemd: FakeSystemd;
}

/**
 * @param evaluated what nix-instantiate answers
 * @param others what any other program answers
 */
export const createMachine = (
  world: World,
  evaluated: (args: readonly string[]) => RunResult = () => answer('', 1, 'error: undefined variable\n'),
  others: Run = () => Promise.resolve(answer()),
): Machine => {
  const systemd = new FakeSystemd(join(world.directory, 'config', 'systemd', 'user'));
  const run: Run = async (request) => {
    request.onStart?.();
    const nix = await fakeNix(request, join(world.directory, 'nix', 'store'), evaluated);
    if (nix !== null) return nix;
    if (request.file === 'systemctl') return systemd.run(request);
    // The program asks for itself.
    if (request.file === 'id') return answer('user\n');
    return others(request);
  };
  return { run, systemd };
};
