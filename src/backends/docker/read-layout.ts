import { dirname } from 'node:path';
import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout } from '../backend.js';
import { filesIn, namesIn, textIn } from '../shared/read-tree.js';
import { splitWords } from '../shared/split-words.js';
import { toActivation } from './activation-data.js';
import { containerName, nameProblem } from './container-name.js';

const suffix = '-docker-settings';

const wordsIn = (text: string): readonly string[] => {
  try {
    return splitWords(text);
  } catch {
    return [];
  }
};

const settingsIn = (text: string): ReadonlyMap<string, string> =>
  new Map(
    wordsIn(text).flatMap((word) => {
      const [, name, value] = /^([A-Za-z]+)=([^]*)$/.exec(word) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );

/** Options for `create`, one a line, with their values behind them or on the next line. */
const parametersIn = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => {
    const [, option, value] = /^(--?[A-Za-z-]+) +(\S.*)$/.exec(line) ?? [];
    return option === undefined || value === undefined ? (line === '' ? [] : [line]) : [option, value];
  });

const unitOf = async (root: string, name: string, text: string, rank: number | null): Promise<LaidOutUnit> => {
  const settings = settingsIn(text);
  const image = settings.get('dockerImage') ?? '';
  const command = wordsIn((await textIn(root, `${name}-docker-cmd`)) ?? '');
  const createArguments = parametersIn((await textIn(root, `${name}-docker-createparams`)) ?? '');
  return {
    name: name as ProcessName,
    dependencies: [],
    rank,
    properties: { image, command, parameters: createArguments },
    activation: toActivation({
      containerName: containerName(name),
      image: { kind: 'archive', path: image, tag: settings.get('dockerImageTag') ?? null },
      createArguments: [...createArguments],
      command: [...command],
      hostPrograms: false,
      store: dirname(image),
      // Only images that we write ourselves are built with them.
      shell: '/bin/sh',
      coreutils: '/usr',
      readinessCheck: null,
    }),
  };
};

/** Containers by their settings; the numbers before their names say in which order they start. */
export const readLayout = async (root: string): Promise<Layout | null> => {
  const files = await filesIn(root, '.', new RegExp(`^[^.].*${suffix}$`));
  if (files.length === 0) return null;
  const ranks = new Map(
    (await namesIn(root, '.')).flatMap((file) => {
      const [, rank, name] = /^(\d+)-(.+)-docker-priority$/.exec(file) ?? [];
      return rank === undefined || name === undefined ? [] : [[name, Number(rank)] as const];
    }),
  );
  const units = files.flatMap(({ name: file, text }) => {
    const name = file.slice(0, -suffix.length);
    return nameProblem(name) === null ? [unitOf(root, name, text, ranks.get(name) ?? null)] : [];
  });
  return { units: await Promise.all(units), data: {} };
};
