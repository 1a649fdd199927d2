/** What a script gets of the caller's environment; as service(8) does, since services outlive who started them. */
const passed = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LOCALE_ARCHIVE',
  'TZ',
  'TZDIR',
  'XDG_RUNTIME_DIR',
  'NIXPROC_START_TIMEOUT',
  'NIXPROC_STOP_TIMEOUT',
]);

/** The changes to the caller's environment that leave only what services may see: all other variables are removed. */
export const scriptEnvironment = (
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, undefined>> =>
  Object.fromEntries(
    Object.keys(environment)
      .filter((name) => !passed.has(name) && !name.startsWith('LC_'))
      .map((name) => [name, undefined]),
  );

/**
 * Tells scripts that read nix/nixproc/backends/process-functions.sh that the tool itself waits for readiness, and looks
 * whether processes stay up: at all of them at once.
 */
export const callerWatches = { NIXPROC_CALLER_WAITS: '1', NIXPROC_CALLER_LOOKS: '1' } as const;

/** Seconds in which a script that nobody watches for would see a process fail that cannot run (process-functions.sh). */
export const scriptsLook = 0.2;
