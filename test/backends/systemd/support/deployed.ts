import { toActivation, type Activation } from '../../../../src/backends/systemd/activation-data.js';
import type { DeployedProfile, DeployedUnit } from '../../../../src/backends/backend.js';
import { unitCalled } from '../../../support/instances.js';

/** What render says of a plain service to activation. */
export const activation = (name: string, differences: Partial<Activation> = {}): Activation => ({
  main: `nix-process-${name}.service`,
  units: [`nix-process-${name}.service`],
  started: [`nix-process-${name}.service`],
  installLinks: {},
  onlyManualStart: false,
  endsByItself: false,
  canReload: false,
  user: null,
  awaitsReadiness: false,
  ...differences,
});

/** A service in a profile. */
export const deployedUnit = (
  name: string,
  profile = '/store/p',
  differences: Partial<Activation> = {},
): DeployedUnit => ({
  ...unitCalled(name),
  profile,
  activation: toActivation(activation(name, differences)),
});

export const deployedProfile = (path: string, units: readonly DeployedUnit[]): DeployedProfile => ({
  path,
  profileName: 'processes',
  units,
  data: {},
  directories: { stateDir: '/var', runtimeDir: '/run', logDir: '/log' },
  forceDisableUserChange: true,
});
