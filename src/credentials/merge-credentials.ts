import type { Credentials, GroupSpec, InstanceName, UserSpec } from '../model/process-model.js';
import { ModelError } from '../system/errors.js';

/** Something that asks for users and groups: a unit of a manifest, for one. */
export interface CredentialsOwner {
  readonly instance: InstanceName;
  readonly credentials: Credentials;
}

type Spec = GroupSpec | UserSpec;
type Properties = Readonly<Record<string, string | number | boolean | null | Readonly<Record<string, string>>>>;

interface Wish<Kind extends Spec> {
  readonly instance: InstanceName;
  readonly spec: Kind;
}

const show = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : String(value));

/** The first property that both set, and set differently; undefined when they agree. */
const conflict = (
  a: Properties,
  b: Properties,
): readonly [property: string, one: unknown, other: unknown] | undefined => {
  for (const property of Object.keys(a).sort()) {
    const [one, other] = [a[property], b[property]];
    if (one === other || one === null || other === null || one === undefined || other === undefined) continue;
    // Two processes may share an account whose home only one of them wants to be made.
    if (property === 'createHomeDir') continue;
    if (typeof one === 'object' || typeof other === 'object') continue;
    return [property, one, other];
  }
  return undefined;
};

/** What either sets. */
const union = <Kind extends Spec>(a: Kind, b: Kind): Kind => {
  const set = Object.entries(b).filter(
    ([property, value]) => value !== null && value !== false && property !== 'attributes',
  );
  return { ...a, ...Object.fromEntries(set), attributes: { ...a.attributes, ...b.attributes } };
};

const mergeSpecs = <Kind extends Spec>(noun: string, wishes: readonly Wish<Kind>[]): readonly Kind[] => {
  const merged = new Map<string, Wish<Kind>>();
  for (const wish of wishes) {
    const earlier = merged.get(wish.spec.name);
    if (earlier === undefined) {
      merged.set(wish.spec.name, wish);
      continue;
    }
    const difference = conflict({ ...earlier.spec }, { ...wish.spec });
    if (difference !== undefined) {
      const [property, one, other] = difference;
      throw new ModelError({
        what: `Process instances "${earlier.instance}" and "${wish.instance}" disagree about the ${noun} "${wish.spec.name}"`,
        why: `Its ${property} is ${show(one)} for "${earlier.instance}" and ${show(other)} for "${wish.instance}"`,
        fix: `Give both the same ${property}, or each its own ${noun}`,
      });
    }
    merged.set(wish.spec.name, { ...earlier, spec: union(earlier.spec, wish.spec) });
  }
  return [...merged.values()].map(({ spec }) => spec).sort((a, b) => (a.name < b.name ? -1 : 1));
};

/**
 * The users and groups of all units together, sorted by name. What one leaves open another may set.
 *
 * @throws ModelError naming both instances when two set the same property differently
 */
export const mergeCredentials = (owners: readonly CredentialsOwner[]): Credentials => ({
  groups: mergeSpecs(
    'group',
    owners.flatMap(({ instance, credentials }) => credentials.groups.map((spec) => ({ instance, spec }))),
  ),
  users: mergeSpecs(
    'user',
    owners.flatMap(({ instance, credentials }) => credentials.users.map((spec) => ({ instance, spec }))),
  ),
});
