/** A path of the store, as Nix' database describes it. */
export interface StorePathInfo {
  readonly path: string;
  /** Bytes of its contents (the size of its NAR). */
  readonly size: number;
  readonly references: readonly string[];
  /** False for a text or a source that was added to the store as it is. */
  readonly wasBuilt: boolean;
}

/** What happens to one package, whose paths in the store have the same name. */
export interface PackageChange {
  readonly name: string;
  /** `upgraded`: its versions differ, up or down; `rebuilt`: the same versions, other paths. */
  readonly change: 'added' | 'removed' | 'upgraded' | 'rebuilt';
  /** Sorted; empty for a package without versions. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Bytes. */
  readonly sizeBefore: number;
  readonly sizeAfter: number;
}

/** How what two profiles need of the store differs. */
export interface ClosureDifference {
  /** Bytes of everything that the profile before needs; 0 without one. */
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  /** Only those that differ, by name. */
  readonly packages: readonly PackageChange[];
  /** Texts and sources (scripts, configuration files), which have no versions. */
  readonly files: { readonly added: number; readonly removed: number };
}

/** Outputs that a package is split into, as nixpkgs calls them. */
const outputs = 'bin|data|debug|dev|devdoc|devman|dist|doc|info|lib|man|out|static|terminfo|tools|unwrapped';
const withVersion = new RegExp(`^(.+?)-([0-9].*?)(?:-(?:${outputs}))?$`);

/**
 * Splits what follows the hash of a store path, as Nix' parseDrvName does: the version begins at the first dash that a
 * digit follows. "openssl-3.0.1-bin" is version 3.0.1 of openssl.
 */
export const packageOf = (path: string): { readonly name: string; readonly version: string | null } => {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/^[0-9a-z]{32}-/, '');
  const [, stem, version] = withVersion.exec(name) ?? [];
  return stem === undefined || version === undefined ? { name, version: null } : { name: stem, version };
};

/** A path and everything that it refers to, directly or not. */
const closureOf = (root: string | null, infos: ReadonlyMap<string, StorePathInfo>): ReadonlySet<string> => {
  const found = new Set<string>();
  const waiting = root === null ? [] : [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    waiting.push(...(infos.get(path)?.references ?? []));
  }
  return found;
};

const isSame = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((member) => other.has(member));

/** Versions as people order them: 9 before 10. */
const inOrder = new Intl.Collator('en', { numeric: true });

interface Side {
  readonly versions: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
  readonly size: number;
}
const nothing: Side = { versions: new Set(), paths: new Set(), size: 0 };

/**
 * Compares what two profiles need. Pure. The profiles themselves are left out: they always differ.
 *
 * @param before the store path of the profile that is left; null for none
 * @param after that of the profile that comes; null for none
 * @param infos about everything that either of them refers to
 */
export const closureDifference = (
  before: string | null,
  after: string | null,
  infos: ReadonlyMap<string, StorePathInfo>,
): ClosureDifference => {
  const closures = { before: closureOf(before, infos), after: closureOf(after, infos) };
  const sizeOf = (paths: Iterable<string>): number =>
    [...paths].reduce((sum, path) => sum + (infos.get(path)?.size ?? 0), 0);
  const sideOf = (
    closure: ReadonlySet<string>,
  ): { packages: ReadonlyMap<string, Side>; files: ReadonlySet<string> } => {
    const groups = new Map<string, { versions: Set<string>; paths: Set<string> }>();
    const files = new Set<string>();
    for (const path of closure) {
      if (path === before || path === after) continue;
      const { name, version } = packageOf(path);
      if (version === null && infos.get(path)?.wasBuilt !== true) {
        files.add(path);
        continue;
      }
      const group = groups.get(name) ?? { versions: new Set(), paths: new Set() };
      groups.set(name, group);
      group.paths.add(path);
      if (version !== null) group.versions.add(version);
    }
    return {
      files,
      packages: new Map([...groups].map(([name, group]) => [name, { ...group, size: sizeOf(group.paths) }])),
    };
  };
  const [old, next] = [sideOf(closures.before), sideOf(closures.after)];
  const changeOf = (one: Side, other: Side): PackageChange['change'] | null => {
    if (one.paths.size === 0) return 'added';
    if (other.paths.size === 0) return 'removed';
    if (!isSame(one.versions, other.versions)) return 'upgraded';
    return isSame(one.paths, other.paths) ? null : 'rebuilt';
  };
  const names = [...new Set([...old.packages.keys(), ...next.packages.keys()])].sort();
  return {
    sizeBefore: sizeOf(closures.before),
    sizeAfter: sizeOf(closures.after),
    packages: names.flatMap((name) => {
      const [one, other] = [old.packages.get(name) ?? nothing, next.packages.get(name) ?? nothing];
      const change = changeOf(one, other);
      if (change === null) return [];
      return [
        {
          name,
          change,
          before: [...one.versions].sort(inOrder.compare),
          after: [...other.versions].sort(inOrder.compare),
          sizeBefore: one.size,
          sizeAfter: other.size,
        },
      ];
    }),
    files: {
      added: [...next.files].filter((path) => !old.files.has(path)).length,
      removed: [...old.files].filter((path) => !next.files.has(path)).length,
    },
  };
};
