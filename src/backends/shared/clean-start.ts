import type { UnitContext } from '../backend.js';
import { controlGroupKey } from '../../leftovers/own-control-group.js';
import { cleanStartFunctions } from './process-functions.js';

/**
 * A property of every unit whose process gets its surroundings from us: another one restarts it. To be changed when a
 * process gets something else than before, not when only the way to it is another.
 */
export const surroundingsVersion = 'defined (1)';

/** Variables that an account has, and that a model may set itself. */
const accountVariables = ['HOME', 'USER', 'LOGNAME', 'SHELL'];

/** Those of the account's variables that a process brings along, as the function library wants them. */
export const keptVariables = (environment: Readonly<Record<string, string>>): string =>
  accountVariables.filter((name) => Object.hasOwn(environment, name)).join(' ');

const scriptName = 'clean-start';

/** Whether a word of a command is the script that cleanStart puts before a program. */
export const isCleanStart = (word: string): boolean => word.endsWith(`-${scriptName}`);

/** How many words cleanStart puts before a program, the shell aside. */
export const cleanStartLength = 4;

const script = (): string => `${cleanStartFunctions()}
nixproc_coreutils=$1 nixproc_kept=$2 nixproc_steps=,$3
shift 3
case $nixproc_steps in
    *,mark=*)
        nixproc_mark "\${nixproc_steps#*,mark=}"
        nixproc_steps=\${nixproc_steps%%,mark=*}
        ;;
esac
case $nixproc_steps in *present*) nixproc_keep_present ;; esac
case $nixproc_steps in *limits*) nixproc_clean_limits ;; esac
case $nixproc_steps in *account*) nixproc_become_self ;; esac
case $nixproc_steps in *descriptors*) ;; *) nixproc_descriptors=keep ;; esac
nixproc_become_command "$@"
`;

/**
 * `mark`: for all that comes of the process to be found (nix/nixproc/backends/control-group.sh). What may be left out of the
 * others: `limits` where commands of the model come before, which may have set one; `account` where it is done already, and
 * `present` for those of its variables to stay that are there already; `descriptors` where a manager gives a process some of
 * its own beyond 2.
 */
export type CleaningStep = 'limits' | 'account' | 'present' | 'descriptors' | 'mark';

/**
 * What is put before a command that a manager runs, for the process to have defined surroundings: no descriptors beyond 2,
 * no ignored signals, the usual soft limit of open files, and HOME, USER, LOGNAME and SHELL of the account that it runs
 * as (nix/nixproc/backends/clean-start.sh). It is a shell, which loses some variables (variablesLostInShells).
 *
 * @param environment the variables of the process
 * @param steps what is done besides ignored signals and variables of shells; default: all but `mark`
 */
export const cleanStart = (
  environment: Readonly<Record<string, string>>,
  { instance: { tools, name, directories }, storeText }: UnitContext,
  steps: readonly CleaningStep[] = ['limits', 'account', 'descriptors'],
): readonly string[] => [
  tools['shell'] ?? '/bin/sh',
  storeText(scriptName, script()),
  tools['coreutils'] === undefined ? '' : `${tools['coreutils']}/bin`,
  keptVariables(environment),
  [
    ...steps.filter((step) => step !== 'mark'),
    ...(steps.includes('mark') ? [`mark=${controlGroupKey(directories.runtimeDir, name)}`] : []),
  ].join(','),
];
