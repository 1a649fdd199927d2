import type { Credentials } from '../../model/process-model.js';
import { ModelError } from '../../system/errors.js';
import { isJsonObject, nixToString, type Json, type JsonObject } from '../../system/json.js';
import type { UnitContext } from '../backend.js';
import { credentialsFromArguments } from '../shared/credentials-arguments.js';
import { endsInBackslash } from './escape.js';
import type { Section, Sections } from './unit-file.js';
import { activators, isCommonSection, isUnitType, sectionOf, unitTypes, type UnitType } from './unit-types.js';

/** A process as createSystemdService's arguments describe it. */
export interface SystemdProcess {
  readonly type: UnitType;
  /** Variables for the service, as they are. */
  readonly environment: Readonly<Record<string, string>>;
  /** Packages whose bin/ goes on PATH. */
  readonly path: readonly string[];
  /** What goes on PATH before them; null for the tools of the model's package set. */
  readonly basePackages: readonly string[] | null;
  readonly credentials: Credentials;
  /** As users of systemd write them: specifiers and quotes are theirs. */
  readonly sections: Sections;
}

/** Arguments that are no sections. */
const ownArguments = new Set([
  'name',
  'unitType',
  'environment',
  'dependencies',
  'path',
  'credentials',
  'postInstall',
  'outer',
]);

/** What a process may not do when user changes are disabled. */
const userSwitches = new Set(['User', 'Group', 'SupplementaryGroups', 'DynamicUser']);

/** Sections that only units of this type may have. */
const ownSections = (type: UnitType): readonly string[] =>
  [type, ...(type === 'service' ? activators : [])].flatMap((each) => sectionOf(each) ?? []);

/** @throws ModelError naming the process instance and the argument. */
type Fail = (argument: string, why: string, fix: string) => never;

const texts = (argument: string, value: Json | undefined, fail: Fail): readonly string[] => {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return fail(argument, 'It is not a list', `Make ${argument} a list`);
  return value.flatMap((entry: Json) => {
    if (isJsonObject(entry)) return fail(argument, 'It has an attribute set in it', `Put texts into ${argument}`);
    return entry === null ? [] : [nixToString(entry)];
  });
};

const variablesOf = (environment: Json, fail: Fail): Readonly<Record<string, string>> => {
  if (!isJsonObject(environment)) {
    return fail('environment', 'It is not an attribute set', 'Write environment = { NAME = "value"; }');
  }
  return Object.fromEntries(
    Object.keys(environment).map((name): readonly [string, string] => {
      const value = environment[name] ?? null;
      if (name === '' || name.includes('=')) {
        fail(
          'environment',
          `It has a variable named ${JSON.stringify(name)}`,
          'A name is not empty and has no "=" in it',
        );
      }
      if (isJsonObject(value)) {
        return fail(`environment.${name}`, 'It is an attribute set', `Make environment.${name} a text`);
      }
      return [name, nixToString(value)];
    }),
  );
};

/** The text as systemd reads it as one value. */
const valueOf = (argument: string, text: string, fail: Fail): string => {
  const value = text.replace(/\n+$/, '');
  const continued = value.includes('\n') ? value.split('\n').slice(0, -1) : [];
  if (value.includes('\r') || !continued.every(endsInBackslash)) {
    return fail(
      argument,
      `It is ${JSON.stringify(text)}: systemd would take the second line for another property`,
      'Write it in one line, or make it a list for several values',
    );
  }
  // Otherwise the next property would become part of this one.
  return endsInBackslash(value) ? `${value} ` : value;
};

const valuesOf = (argument: string, value: Json, fail: Fail): readonly string[] => {
  if (value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((entry: Json) => valuesOf(argument, Array.isArray(entry) ? nixToString(entry) : entry, fail));
  }
  if (typeof value === 'boolean') return [String(value)];
  if (isJsonObject(value)) {
    return fail(argument, 'It is an attribute set', `Make ${argument} a text, a number or a list`);
  }
  return [valueOf(argument, nixToString(value), fail)];
};

const readSection = (
  title: string,
  properties: Json,
  isLeftOut: (title: string, property: string) => boolean,
  fail: Fail,
): Section => {
  if (!isJsonObject(properties)) {
    return fail(
      title,
      `createSystemdService has no such argument; every other one is a section, an attribute set`,
      `Remove ${title}, or write ${title} = { Property = "value"; }`,
    );
  }
  const section: Record<string, readonly string[]> = {};
  for (const name of Object.keys(properties)) {
    const argument = `${title}.${name}`;
    // The reference writes NAME=VALUE as it is: a name may bring the beginning of its value, "Environment=IN_SYSTEMD".
    const [, property, begun = ''] = /^([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?$/s.exec(name) ?? [];
    if (property === undefined) {
      fail(argument, 'No property has such a name', 'Names of properties have letters, digits and dashes');
      continue;
    }
    if (isLeftOut(title, property)) continue;
    const isBegun = property !== name;
    const values = valuesOf(argument, properties[name] ?? null, fail).map((value) =>
      isBegun ? valueOf(argument, `${begun}=${value}`, fail) : value,
    );
    // In the order of the names, as the reference writes its lines.
    section[property] = isBegun ? [...(section[property] ?? []), ...values] : values;
  }
  return section;
};

/**
 * Checks the arguments of createSystemdService. Values of properties become text as in NixOS: a list gives a line for
 * each element, booleans are true and false, null leaves the property out.
 *
 * @throws ModelError naming the process instance and the argument.
 */
export const parseProcess = (args: JsonObject, { instance }: Pick<UnitContext, 'instance'>): SystemdProcess => {
  const fail: Fail = (argument, why, fix) => {
    throw new ModelError({
      what: `Process instance "${instance.instance}" has an argument that systemd cannot take: ${argument}`,
      why,
      fix,
    });
  };
  const type = typeOf(args);
  if (type === null) {
    return fail('unitType', `It is ${JSON.stringify(args['unitType'])}`, `Choose one of: ${unitTypes.join(', ')}`);
  }

  const environment = variablesOf(args['environment'] ?? {}, fail);
  if (type !== 'service' && Object.keys(environment).length > 0) {
    fail('environment', `A ${type} runs nothing that could have an environment`, 'Set it where the service is made');
  }

  const sections: Record<string, Section> = {};
  const allowed = ownSections(type);
  const isLeftOut = (title: string, property: string): boolean =>
    instance.forceDisableUserChange && title === 'Service' && userSwitches.has(property);
  for (const title of Object.keys(args)) {
    if (ownArguments.has(title)) continue;
    const properties = args[title] ?? null;
    if (properties !== null) sections[title] = readSection(title, properties, isLeftOut, fail);
    if (!isCommonSection(title) && !allowed.includes(title)) {
      fail(title, `A unit of type ${type} has no section of this name`, `It has: Unit, Install, ${allowed.join(', ')}`);
    }
  }
  if (type === 'service') requireCommand(sections['Service'] ?? {}, fail);

  const outer = args['outer'];
  const basePackages = isJsonObject(outer) ? outer['basePackages'] : null;
  return {
    type,
    environment,
    path: texts('path', args['path'], fail),
    basePackages:
      basePackages === undefined || basePackages === null ? null : texts('basePackages', basePackages, fail),
    credentials: credentialsFromArguments(args['credentials'], instance),
    sections,
  };
};

/** The type of the unit that these arguments make; null when there is no such type, or none that could be installed. */
export const typeOf = ({ unitType }: JsonObject): UnitType | null => {
  if (unitType === undefined || unitType === null) return 'service';
  return typeof unitType === 'string' && isUnitType(unitType) ? unitType : null;
};

/** systemd does not load a service that does nothing (systemd.service(5), ExecStart=). */
const requireCommand = (service: Section, fail: (argument: string, why: string, fix: string) => never): void => {
  const sets = (property: string): boolean => (service[property] ?? []).some((value) => value.trim() !== '');
  if (['ExecStart', 'ExecStop', 'SuccessAction'].some(sets)) return;
  fail(
    'Service.ExecStart',
    'It is not set, and a service has to run something',
    'Set ExecStart in the section Service',
  );
};
