import type { ManagedProcess, ProcessInstance } from '../../model/process-model.js';

/** The tools of a model's package set that every process finds on PATH, by their names in a manager's tools.nix. */
const baseTools = ['coreutils', 'gnused', 'gnugrep', 'inetutils', 'execline', 's6', 'sysvinit'] as const;

/**
 * Which packages come first on PATH: the process's own (sysvinit), the base tools (supervisord, systemd, docker …), or
 * whether there are only its own (bsdrc, launchd, cygrunsrv).
 */
export type SearchPathOrder = 'packages-first' | 'tools-first' | 'packages-only';

/**
 * The directories that a process finds its commands in: bin/ of its packages and of the base tools that the manager's
 * tools.nix supplies; none twice.
 */
export const searchDirectories = (
  { tools }: Pick<ProcessInstance, 'tools'>,
  { path: packages }: Pick<ManagedProcess, 'path'>,
  order: SearchPathOrder,
): readonly string[] => {
  const base = order === 'packages-only' ? [] : baseTools.flatMap((name) => tools[name] ?? []);
  const ordered = order === 'packages-first' ? [...packages, ...base] : [...base, ...packages];
  return [...new Set(ordered)].map((directory) => `${directory}/bin`);
};

/** The value of PATH: the directories with colons between them; "" when there is none. */
export const searchPath = (
  instance: Pick<ProcessInstance, 'tools'>,
  process: Pick<ManagedProcess, 'path'>,
  order: SearchPathOrder,
): string => searchDirectories(instance, process, order).join(':');

/** Variables, and a PATH of a process's own packages unless there is none or the variables have one. */
export const environmentWithPath = (
  instance: Pick<ProcessInstance, 'tools'>,
  packages: ManagedProcess['path'],
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const path = searchPath(instance, { path: packages }, 'packages-only');
  return { ...(path === '' ? {} : { PATH: path }), ...environment };
};
