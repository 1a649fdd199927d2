import { nixString } from '../system/nix-text.js';
import type { IdAssignments } from './id-pools.js';

/** Attributes of a set in Nix or elements in XML, sorted: the same assignments give the same bytes. */
const sorted = <T>(table: Readonly<Record<string, T>>): readonly (readonly [string, T])[] =>
  Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

const numbersInNix = (table: Readonly<Record<string, number>>): readonly string[] =>
  sorted(table).map(([name, id]) => `${nixString(name)} = ${id};`);

const setInNix = (name: string, lines: readonly string[]): readonly string[] => [
  `${nixString(name)} = {`,
  ...indent(lines),
  '};',
];

/** The text of an ids.nix: `{ "ids" = { POOL = { INSTANCE = N; }; }; "lastAssignments" = { POOL = N; }; }`. */
export const idsInNix = ({ ids, lastAssignments }: IdAssignments): string =>
  [
    '{',
    ...indent([
      ...setInNix(
        'ids',
        sorted(ids).flatMap(([pool, table]) => setInNix(pool, numbersInNix(table))),
      ),
      ...setInNix('lastAssignments', numbersInNix(lastAssignments)),
    ]),
    '}',
    '',
  ].join('\n');

const inAttribute = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&#9;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;');

const numbersInXml = (table: Readonly<Record<string, number>>): readonly string[] =>
  sorted(table).map(([name, id]) => `<assignment name="${inAttribute(name)}">${id}</assignment>`);

/** The same as XML, in the elements that Dynamic Disnix' `dydisnix-id-assign --xml` reads. */
export const idsInXml = ({ ids, lastAssignments }: IdAssignments): string =>
  [
    '<?xml version="1.0"?>',
    '<ids>',
    ...indent([
      '<ids>',
      ...indent(
        sorted(ids).flatMap(([pool, table]) => [
          `<resource name="${inAttribute(pool)}">`,
          ...indent(numbersInXml(table)),
          '</resource>',
        ]),
      ),
      '</ids>',
      '<lastAssignments>',
      ...indent(numbersInXml(lastAssignments)),
      '</lastAssignments>',
    ]),
    '</ids>',
    '',
  ].join('\n');
