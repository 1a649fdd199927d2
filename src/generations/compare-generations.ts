import type { InstanceName } from '../model/process-model.js';
import { changedProperties } from '../plan/changed-properties.js';
import type { Manifest, ManifestUnit } from '../profile/manifest.js';
import type { JsonObject } from '../system/json.js';

/** In what a generation differs from an earlier one. */
export interface GenerationDifference {
  /** What concerns the generation as a whole ("manager: sysvinit → systemd"). */
  readonly settings: readonly string[];
  readonly added: readonly InstanceName[];
  readonly removed: readonly InstanceName[];
  readonly changed: readonly { readonly instance: InstanceName; readonly properties: readonly string[] }[];
  /** In both, and the same. */
  readonly unchanged: readonly InstanceName[];
  /** In both, under two managers: all is the same that no manager words in its own way, and the rest is not compared. */
  readonly moved: readonly InstanceName[];
}

const settingsOf = ({ manager, directories, forceDisableUserChange, hostPackages }: Manifest): JsonObject => ({
  manager: String(manager),
  forceDisableUserChange,
  hostPackages,
  ...directories,
});

/** Everything about a process that a model decides; a manager's own properties only when they can be compared. */
const definitionOf = (
  {
    instance,
    properties,
    reloadProperties = {},
    dependencies,
    port,
    readiness,
    critical,
    startTimeout,
    stopTimeout,
    leftovers,
    credentials,
  }: ManifestUnit,
  ofManager: boolean,
): JsonObject => ({
  instance,
  dependencies: dependencies.join(', '),
  port,
  readiness:
    readiness === null ? null : { ...readiness.probe, timeout: readiness.timeout, interval: readiness.interval },
  critical: critical !== false,
  startTimeout: startTimeout ?? null,
  stopTimeout: stopTimeout ?? null,
  leftovers: leftovers ?? null,
  users: Object.fromEntries(credentials.users.map(({ name, ...user }) => [name, user])),
  groups: Object.fromEntries(credentials.groups.map(({ name, ...group }) => [name, group])),
  ...(ofManager ? { ...reloadProperties, ...properties } : {}),
});

/**
 * Tells in what two generations differ, down to the value. A process is the same one as long as its name is; under another
 * manager only what no manager words in its own way is compared. Pure.
 */
export const compareGenerations = (before: Manifest, after: Manifest): GenerationDifference => {
  const old = new Map(before.units.map((unit) => [unit.name, unit]));
  const kept = new Set(after.units.map(({ name }) => name));
  const sameManager = before.manager === after.manager;
  const compared = after.units.flatMap((unit) => {
    const earlier = old.get(unit.name);
    return earlier === undefined
      ? []
      : [
          {
            instance: unit.instance,
            properties: changedProperties(definitionOf(earlier, sameManager), definitionOf(unit, sameManager)),
          },
        ];
  });
  const alike = compared.filter(({ properties }) => properties.length === 0).map(({ instance }) => instance);
  return {
    settings: changedProperties(settingsOf(before), settingsOf(after)),
    added: after.units.filter(({ name }) => !old.has(name)).map(({ instance }) => instance),
    removed: before.units.filter(({ name }) => !kept.has(name)).map(({ instance }) => instance),
    changed: compared.filter(({ properties }) => properties.length > 0),
    unchanged: sameManager ? alike : [],
    moved: sameManager ? [] : alike,
  };
};
