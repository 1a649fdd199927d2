import { stripVTControlCharacters } from 'node:util';

/**
 * How many columns a text takes; the build puts it in the place of the package string-width, which yargs measures --help
 * with (scripts/build.mjs). That knows every script and emoji, and takes longer to load than yargs itself; what we print
 * there is ours, and plain.
 */
export default (text: string): number => (text.includes('\u001b') ? stripVTControlCharacters(text) : text).length;
