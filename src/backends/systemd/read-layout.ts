import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout } from '../backend.js';
import { filesIn } from '../shared/read-tree.js';
import { toActivation } from './activation-data.js';
import { canReload, unitPolicy } from './change-policy.js';
import { comparableProcess } from './comparable-unit.js';
import { directories } from './install-links.js';
import { parseUnit } from './parse-unit.js';
import { unitDirectory } from './render.js';
import type { Sections } from './unit-file.js';
import { defaultPrefix, isUnitName } from './unit-name.js';
import { activators, unitTypes } from './unit-types.js';

interface ReadUnit {
  readonly unit: string;
  readonly stem: string;
  readonly type: string;
  readonly sections: Sections;
}

/** Undoes what unitName does. */
const processNameOf = (stem: string): ProcessName => {
  const name = stem.startsWith(defaultPrefix) ? stem.slice(defaultPrefix.length) : stem;
  const bytes = [...name.matchAll(/\\x([0-9a-f]{2})|([^\\]+|\\)/g)].map(([, code, plain = '']) =>
    code === undefined ? Buffer.from(plain) : Buffer.from([Number.parseInt(code, 16)]),
  );
  return Buffer.concat(bytes).toString('utf8') as ProcessName;
};

const readUnits = async (root: string): Promise<readonly ReadUnit[]> =>
  (await filesIn(root, unitDirectory, /^[^.]/)).flatMap(({ name: unit, text }) => {
    const dot = unit.lastIndexOf('.');
    const [stem, type] = [unit.slice(0, dot), unit.slice(dot + 1)];
    // A template runs nothing by itself.
    const isOurs = isUnitName(unit) && unitTypes.some((known) => known === type) && !stem.endsWith('@');
    return isOurs ? [{ unit, stem, type, sections: parseUnit(text) }] : [];
  });

const names = (sections: Sections, title: string, properties: readonly string[]): readonly string[] =>
  properties.flatMap((property) => (sections[title]?.[property] ?? []).flatMap((value) => value.split(/\s+/)));

/** Links that [Install] asks for; what could not be honoured without systemctl is left out. */
const linksOf = ({ unit, sections }: ReadUnit): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...Object.entries(directories).flatMap(([property, directory]) =>
      names(sections, 'Install', [property])
        .filter(isUnitName)
        .map((name) => [`${name}.${directory}/${unit}`, unit] as const),
    ),
    ...names(sections, 'Install', ['Alias'])
      .filter((name) => isUnitName(name) && name !== unit)
      .map((name) => [name, unit] as const),
  ]);

const unitOf = async (
  root: string,
  units: readonly [ReadUnit, ...ReadUnit[]],
  stems: ReadonlyMap<string, string>,
): Promise<LaidOutUnit> => {
  const main = units.find(({ type }) => type === 'service') ?? units[0];
  const beside = units.filter((unit) => unit !== main);
  const { sections, stem } = main;
  const { onChange, onRemoval, onlyManualStart, notSocketActivated } = unitPolicy(sections);
  const starters = beside.filter(({ type }) => activators.some((activator) => activator === type));
  const startsItself = starters.length === 0 || (notSocketActivated && starters.every(({ type }) => type === 'socket'));
  const all = [main, ...beside].map(({ unit }) => unit);
  return {
    name: processNameOf(stem),
    dependencies: [...new Set(names(sections, 'Unit', ['Wants', 'Requires', 'After']))].flatMap((name) => {
      const dependency = stems.get(name);
      return dependency === undefined || dependency === stem ? [] : [processNameOf(dependency)];
    }),
    rank: null,
    properties: await comparableProcess(root, all),
    ...(onChange === 'restart' && onRemoval === 'stop' ? {} : { changePolicy: { onChange, onRemoval } }),
    activation: toActivation({
      main: main.unit,
      units: all,
      started: [...starters.map(({ unit }) => unit), ...(startsItself ? [main.unit] : [])],
      installLinks: Object.assign({}, ...units.map(linksOf)) as Record<string, string>,
      onlyManualStart,
      endsByItself: sections['Service']?.['Type']?.at(-1) === 'oneshot',
      canReload: canReload(sections),
      user: sections['Service']?.['User']?.at(-1) ?? null,
      awaitsReadiness: false,
    }),
  };
};

/** Units in etc/systemd/system; those that differ in their type alone are one process. */
export const readLayout = async (root: string): Promise<Layout | null> => {
  const units = await readUnits(root);
  if (units.length === 0) return null;
  const stems = new Map(units.map(({ unit, stem }) => [unit, stem]));
  const processes = [...new Set(stems.values())].map((stem) => units.filter((unit) => unit.stem === stem));
  return {
    units: await Promise.all(
      processes.flatMap(([first, ...others]) => (first === undefined ? [] : [unitOf(root, [first, ...others], stems)])),
    ),
    data: {},
  };
};
