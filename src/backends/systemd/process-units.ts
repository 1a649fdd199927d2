import { nixToString, isJsonObject, type JsonObject } from '../../system/json.js';
import { typeOf } from './config.js';
import { defaultPrefix, unitName } from './unit-name.js';
import { activators, sectionOf, type UnitType } from './unit-types.js';

/** The units that one process consists of. */
export interface ProcessUnits {
  /** The unit that the process itself is. */
  readonly main: string;
  /** Units that start it when something happens: its socket, timer and path units. */
  readonly activators: readonly { readonly type: UnitType; readonly name: string }[];
  /** What is started when the process is to run: its activators, if there are any, else the unit itself. */
  readonly started: readonly string[];
}

const prefixOf = ({ outer }: JsonObject): string => {
  const prefix = isJsonObject(outer) ? outer['prefix'] : null;
  return prefix === undefined || prefix === null || isJsonObject(prefix) ? defaultPrefix : nixToString(prefix);
};

/**
 * Names the units that arguments of createSystemdService make.
 *
 * @param startsWithSocket whether the service is started together with its socket; asked when it has one
 */
export const processUnits = (name: string, args: JsonObject, startsWithSocket: () => boolean): ProcessUnits => {
  const prefix = prefixOf(args);
  const type = typeOf(args) ?? 'service';
  const main = unitName(prefix, name, type);
  const beside = activators
    .filter((activator) => type === 'service' && isJsonObject(args[sectionOf(activator) ?? '']))
    .map((activator) => ({ type: activator, name: unitName(prefix, name, activator) }));
  if (beside.length === 0) return { main, activators: [], started: [main] };
  const names = beside.map((activator) => activator.name);
  const onlySockets = beside.every((activator) => activator.type === 'socket');
  return { main, activators: beside, started: onlySockets && startsWithSocket() ? [...names, main] : names };
};
