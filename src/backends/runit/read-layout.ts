import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout } from '../backend.js';
import { namesIn, textIn } from '../shared/read-tree.js';
import { splitWords } from '../shared/split-words.js';
import type { Activation } from './activation-data.js';
import { serviceDirectories } from './render.js';
import { begunFile } from './scripts.js';
import { serviceNameProblem } from './service-name.js';

/** The directory that a script of a logger gives to svlogd, after its options; null when it does not say. */
const logDirectoryIn = (script: string): string | null => {
  const [, words] = /\bsvlogd'?[ \t]+(.*)$/m.exec(script) ?? [];
  return words === undefined ? null : (splitWords(words).find((word) => word.startsWith('/')) ?? null);
};

const unitOf = async (root: string, name: string): Promise<LaidOutUnit | null> => {
  const directory = `${serviceDirectories}/${name}`;
  const run = await textIn(root, `${directory}/run`);
  if (run === null) return null;
  const entries = await namesIn(root, directory);
  const texts = await Promise.all(
    ['finish', 'check'].map(async (entry) => [entry, await textIn(root, `${directory}/${entry}`)] as const),
  );
  const log = logDirectoryIn((await textIn(root, `${directory}/log/run`)) ?? '');
  const activation: Activation = {
    directory,
    entries: [...entries],
    isInitialized: run.includes(begunFile),
    logFile: log === null ? null : `${log}/current`,
  };
  return {
    name: name as ProcessName,
    dependencies: [],
    rank: null,
    properties: {
      run,
      ...Object.fromEntries(texts.flatMap(([entry, text]) => (text === null ? [] : [[entry, text]]))),
    },
    activation,
  };
};

/** Service directories in etc/runit/sv. */
export const readLayout = async (root: string): Promise<Layout | null> => {
  const names = (await namesIn(root, serviceDirectories)).filter((name) => serviceNameProblem(name) === null);
  const units = (await Promise.all(names.map((name) => unitOf(root, name)))).filter((unit) => unit !== null);
  return units.length === 0 ? null : { units, data: {} };
};
