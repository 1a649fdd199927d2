import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deployment } from './deployment.js';

/**
 * Writes a model with a process "service".
 *
 * @param properties of the process, in Nix, besides its name
 * @param attributes more instances, or attributes of this one (`service.stopTimeout = 2;`), that may use `create`
 * @returns the model's path
 */
export const writeService = async (deployment: Deployment, properties: string, attributes = ''): Promise<string> => {
  const model = join(deployment.directory, 'processes.nix');
  await writeFile(
    model,
    `{ pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange, processManager }:
let
  framework = import ./nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };
  # Tests find processes by where they are.
  create = instanceName: properties: framework ({
    inherit instanceName;
    environment.PLACE = "${deployment.directory}";
  } // properties);
in
{
  service.pkg = create "service" { ${properties} };
  ${attributes}
}
`,
  );
  return model;
};
