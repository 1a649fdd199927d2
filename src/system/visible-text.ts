/**
 * What a terminal may obey rather than show: control characters but line feed and tab (and a carriage return before a line
 * feed), and Unicode's marks that turn the direction of what follows, by which a text can look like another one.
 */
const obeyed = /\r(?!\n)|[^\P{Cc}\t\n\r]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const inLine = new RegExp(`[\\n\\t\\r]|${obeyed.source}`, 'gu');

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A text whose characters a terminal only shows: others are written as JSON writes them, "\u001b". Pure. */
export const visibleText = (text: string): string => text.replace(obeyed, escape);

/** The same for a part of a line: it stays one. */
export const visibleLine = (text: string): string =>
  text.replace(inLine, (character) => (character === '\n' ? '\\n' : character === '\t' ? '\\t' : escape(character)));

const escapeCharacter = String.fromCharCode(0x1b);

/** The colours that `paint` uses, and what ends them (ECMA-48, SGR). */
const colours = new RegExp(`(${escapeCharacter}\\[(?:1|2|22|3[1-3]|39)m)`);

/** The same for a text that we have coloured ourselves, and whose parts have been made visible before. */
export const visibleColoured = (text: string): string =>
  text
    .split(colours)
    .map((part, index) => (index % 2 === 1 ? part : visibleText(part)))
    .join('');
