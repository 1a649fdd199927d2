import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { activationOf } from '../../../../src/backends/cygrunsrv/activation-data.js';
import { cygrunsrv } from '../../../../src/backends/cygrunsrv/index.js';
import type { ManagedProcess, ProcessName } from '../../../../src/model/process-model.js';
import type { JsonObject } from '../../../../src/system/json.js';
import {
  managedProcess,
  renderDirect,
  renderManaged,
  type UnitOnDisk,
  type UnitSurroundings,
} from '../../support/render-unit.js';

export type Properties = Partial<Omit<ManagedProcess, 'name'>> & { readonly name?: string };

/** The service of a process that createManagedProcess made. */
export const managedService = (
  root: string,
  properties: Properties,
  more: Partial<UnitSurroundings> = {},
): UnitOnDisk =>
  renderManaged(cygrunsrv, managedProcess({ ...properties, name: (properties.name ?? 'service') as ProcessName }), {
    root,
    ...more,
  });

/** The service that createCygrunsrvParams was told to make. */
export const directService = (
  root: string,
  args: JsonObject & { readonly name: string },
  more: Partial<UnitSurroundings> = {},
): UnitOnDisk => renderDirect(cygrunsrv, args, { root, ...more });

/** The parameters in the file of a profile, one a line. */
export const parametersOf = ({ unit }: UnitOnDisk): readonly string[] =>
  readFileSync(join(unit.profile, `${activationOf(unit).service}-cygrunsrvparams`), 'utf8')
    .split('\n')
    .slice(0, -1);

/** The values of an option among parameters. */
export const valuesOf = (parameters: readonly string[], option: string): readonly string[] =>
  parameters.flatMap((parameter, index) => (parameters[index - 1] === option ? [parameter] : []));

/** Splits --args as cygrunsrv does before it starts a program (eval_arglist in its source). */
export const splitArguments = (line: string): readonly string[] => {
  const words: string[] = [];
  let rest = line;
  for (;;) {
    rest = rest.replace(/^ +/, '');
    const [first] = rest;
    if (first === undefined) return words;
    const isQuoted = first === "'" || first === '"';
    const start = isQuoted ? 1 : 0;
    const found = rest.indexOf(isQuoted ? first : ' ', start);
    const end = found < 0 ? rest.length : found;
    words.push(rest.slice(start, end));
    rest = rest.slice(end + 1);
  }
};
