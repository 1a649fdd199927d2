import { controlGroupKey } from '../../leftovers/own-control-group.js';
import type { UnitContext } from '../backend.js';
import { markFunctions } from './process-functions.js';

const scriptName = 'marked-start';

/** Whether a word of a command is the script that markedStart puts before a program. */
export const isMarkedStart = (word: string): boolean => word.endsWith(`-${scriptName}`);

/** How many words markedStart puts before a program, the shell aside. */
export const markedStartLength = 3;

const script = (): string => `${markFunctions()}
nixproc_coreutils=$1
nixproc_mark "$2"
shift 2
exec "$@"
`;

/**
 * What is put before a command that a manager runs, as whoever the manager runs it as, for all that comes of it to be found:
 * in a control group of its own where root can make one, else by a variable (nix/nixproc/backends/control-group.sh). It is
 * a shell, which loses some variables (variablesLostInShells).
 */
export const markedStart = ({ instance: { tools, name, directories }, storeText }: UnitContext): readonly string[] => [
  tools['shell'] ?? '/bin/sh',
  storeText(scriptName, script()),
  tools['coreutils'] === undefined ? '' : `${tools['coreutils']}/bin`,
  controlGroupKey(directories.runtimeDir, name),
];
