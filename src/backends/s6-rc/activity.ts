import { join } from 'node:path';
import type { RunResult } from '../../system/ports.js';
import type { DeployedUnit } from '../backend.js';
import { scriptEnvironment } from '../shared/script-environment.js';
import { sourceDirectory } from './service-definition.js';
import type { Scene } from './session-parts.js';

/** Runs one of the scripts of a oneshot's definition in the surroundings that s6-svscan has; no script is fine. */
export const runActivity = (
  { tree, ports }: Scene,
  unit: DeployedUnit,
  service: string,
  script: string,
): Promise<RunResult> => {
  const file = join(unit.profile, sourceDirectory, service, script);
  return tree.programs.shell('if [ -s "$1" ]; then exec execlineb -P "$1"; fi', [file], {
    env: scriptEnvironment(ports.env),
    cwd: '/',
    leavesDaemon: true,
    // Its scripts have limits of their own, which are shorter.
    atMost: 300_000,
  });
};
