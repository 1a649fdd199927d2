import type { ProfileFile } from '../backends/backend.js';
import type { EvaluationSettings } from '../evaluate/evaluation-request.js';
import type { JsonObject } from '../system/json.js';

/** Where a profile keeps the state options that it was built with, if any were given: the next switch goes on with them. */
export const givenOptionsPath = 'share/nix-processmgmt-ts/options.json';

/** The state options that name directories. */
export const directoryOptions = [
  'stateDir',
  'runtimeDir',
  'logDir',
  'tmpDir',
  'cacheDir',
  'spoolDir',
  'lockDir',
  'libDir',
] as const satisfies readonly (keyof EvaluationSettings)[];

/** The options as files of their profile: none where none was given, since a model's own choice is not remembered. */
export const givenOptionsFiles = (settings: {
  readonly [Option in keyof EvaluationSettings]: EvaluationSettings[Option] | undefined;
}): readonly Extract<ProfileFile, { kind: 'file' }>[] => {
  const { forceDisableUserChange } = settings;
  // Always in this order: the same options give the same bytes.
  const given: JsonObject = {
    ...Object.fromEntries(
      directoryOptions.flatMap((name) => {
        const value = settings[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    ...(forceDisableUserChange === true ? { forceDisableUserChange } : {}),
  };
  if (Object.keys(given).length === 0) return [];
  return [{ kind: 'file', path: givenOptionsPath, text: `${JSON.stringify(given)}\n`, executable: false }];
};

/** Reads the text of such a file; null when it is none of ours. */
export const parseGivenOptions = (text: string): EvaluationSettings | null => {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const settings: Record<string, string | boolean> = {};
  for (const [name, value] of Object.entries(data) as [string, unknown][]) {
    const isDirectory = directoryOptions.some((option) => option === name);
    if (isDirectory && typeof value === 'string' && value.startsWith('/')) settings[name] = value;
    else if (name === 'forceDisableUserChange' && value === true) settings[name] = true;
    else return null;
  }
  return settings;
};
