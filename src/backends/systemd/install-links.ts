import { ModelError } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';
import type { Section } from './unit-file.js';
import { isUnitName } from './unit-name.js';

/** Properties of [Install] that say in which other unit's directory a link is made. */
export const directories: Readonly<Record<string, string>> = { WantedBy: 'wants', RequiredBy: 'requires' };

/**
 * The links that `systemctl enable` would make for [Install] (systemd.unit(5)): their paths below the directory of the
 * units, and the unit that each leads to.
 *
 * @throws ModelError for a property that cannot be honoured without systemctl, and for what names no unit.
 */
export const installLinks = (
  install: Section,
  unit: string,
  { instance }: UnitContext,
): Readonly<Record<string, string>> => {
  const links = Object.entries(install).flatMap(([property, values]) => {
    const fail = (why: string, fix: string): never => {
      throw new ModelError({
        what: `Process instance "${instance.instance}" has an argument that systemd cannot take: Install.${property}`,
        why,
        fix,
      });
    };
    const directory = directories[property];
    if (directory === undefined && property !== 'Alias' && !property.startsWith('X-')) {
      fail(
        'Units of a profile are not enabled by systemctl',
        `Remove it; Install may have WantedBy, RequiredBy and Alias`,
      );
    }
    if (property.startsWith('X-')) return [];
    const names = values.flatMap((value) => value.split(/\s+/)).filter((name) => name !== '');
    return names.map((name): readonly [string, string] => {
      if (!isUnitName(name))
        return fail(`${JSON.stringify(name)} is not the name of a unit`, 'Name units, with their types');
      return [directory === undefined ? name : `${name}.${directory}/${unit}`, unit];
    });
  });
  return Object.fromEntries(links);
};
