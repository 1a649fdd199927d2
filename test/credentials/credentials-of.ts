import type { Credentials, GroupSpec, InstanceName, UserSpec } from '../../src/model/process-model.js';
import type { CredentialsOwner } from '../../src/credentials/merge-credentials.js';

export const group = (name: string, gid: number | null = null): GroupSpec => ({ name, gid, attributes: {} });

export const user = (name: string, properties: Partial<UserSpec> = {}): UserSpec => ({
  name,
  uid: null,
  group: null,
  description: null,
  homeDir: null,
  createHomeDir: false,
  shell: null,
  attributes: {},
  ...properties,
});

export const credentials = (groups: readonly GroupSpec[], users: readonly UserSpec[] = []): Credentials => ({
  groups,
  users,
});

export const unit = (
  instance: string,
  groups: readonly GroupSpec[],
  users: readonly UserSpec[] = [],
): CredentialsOwner => ({ instance: instance as InstanceName, credentials: credentials(groups, users) });
