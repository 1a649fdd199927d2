import { readFileSync } from 'node:fs';

export interface NixOptions {
  /** Never ask a binary cache. */
  readonly offline: boolean;
  /** The builders use the programs of this machine, which a sandbox would hide. */
  readonly hostPackages: boolean;
  readonly showTrace: boolean;
}

/** Whether root would build as members of a group that this machine does not have. */
const lacksBuildUsers = (env: Readonly<Record<string, string | undefined>>): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || env['NIX_REMOTE'] === 'daemon') return false;
  try {
    const members = /^nixbld:[^:]*:[^:]*:(.*)$/m.exec(readFileSync('/etc/group', 'utf8'))?.[1] ?? '';
    return members === '';
  } catch {
    // Without a readable group file there is nothing to conclude; Nix' own default stands.
    return false;
  }
};

/** Options that every Nix command of ours takes (nix.conf(5)); --option has existed since Nix 1. */
export const nixOptions = (
  { offline, hostPackages, showTrace }: NixOptions,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] => [
  ...(offline ? ['--option', 'substitute', 'false'] : []),
  ...(hostPackages ? ['--option', 'sandbox', 'false'] : []),
  ...(lacksBuildUsers(env) ? ['--option', 'build-users-group', ''] : []),
  ...(showTrace ? ['--show-trace'] : []),
];
