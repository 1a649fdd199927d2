import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeChange } from '../../plan/changed-properties.js';
import type { ProcessFacts } from './process-facts.js';

/** What a process should have been started with. */
export interface WantedProcess {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** The directories on its PATH, in their order. */
  readonly path: readonly string[];
  /** Null when it does not matter: it may become whomever it likes by itself. */
  readonly uid: number | null;
  readonly nice: number;
  /** Null when it does not matter. */
  readonly directory: string | null;
}

const resolved = (path: string): Promise<string> => realpath(path).catch(() => path);

/** Whether a process executes a program, or what nixpkgs' wrapProgram has moved away from there. */
const executes = async ({ executable }: ProcessFacts, program: string): Promise<boolean> => {
  const file = await resolved(program);
  const wrapped = join(dirname(file), `.${basename(file)}-wrapped`);
  return executable === file || executable === (await resolved(wrapped));
};

/** Whether the kernel, or the process itself when it put its title over its arguments, shows the wanted command. */
const runsCommand = async (facts: ProcessFacts, wanted: WantedProcess['command']): Promise<boolean> => {
  const { command } = facts;
  const same = (words: readonly string[], others: readonly string[]): boolean =>
    words.length === others.length && words.every((word, index) => word === others[index]);
  if (same(command, wanted)) return true;
  // A script: its interpreter, perhaps with an option, comes before it.
  const before = command.length - wanted.length;
  if ((before === 1 || before === 2) && same(command.slice(before), wanted)) {
    return !(await executes(facts, wanted[0]));
  }
  if (!(await executes(facts, wanted[0]))) return false;
  return (
    same(command.slice(1), wanted.slice(1)) ||
    command
      .join(' ')
      .trimEnd()
      .endsWith(` ${wanted.join(' ')}`)
  );
};

/**
 * A PATH counts as the wanted one when it begins with the same directories, and has whatever else is wanted further
 * behind: who starts a process adds tools of its own there.
 */
const hasPath = (actual: readonly string[], wanted: readonly string[]): boolean =>
  wanted.length === 0 || (actual[0] === wanted[0] && wanted.every((directory) => actual.includes(directory)));

/** Names what a process was started with otherwise than it should be; nothing when it is what would be started now. */
export const compareWithProcess = async (facts: ProcessFacts, wanted: WantedProcess): Promise<readonly string[]> => {
  const { command, environment, uid, nice, directory } = facts;
  const { PATH: ownPath, ...variables } = wanted.environment;
  const path = ownPath === undefined ? wanted.path : ownPath.split(':');
  const actualPath = environment.get('PATH');
  return [
    ...((await runsCommand(facts, wanted.command))
      ? []
      : [describeChange('command', command.join(' '), wanted.command.join(' '))]),
    ...Object.entries(variables).flatMap(([name, value]) =>
      environment.get(name) === value ? [] : [describeChange(`environment.${name}`, environment.get(name), value)],
    ),
    ...(hasPath(actualPath?.split(':') ?? [], path)
      ? []
      : [describeChange('environment.PATH', actualPath, path.join(':'))]),
    ...(wanted.uid === null || wanted.uid === uid ? [] : [describeChange('user', String(uid), String(wanted.uid))]),
    ...(wanted.nice === nice ? [] : [describeChange('nice', String(nice), String(wanted.nice))]),
    ...(wanted.directory === null || (await resolved(wanted.directory)) === directory
      ? []
      : [describeChange('directory', directory, wanted.directory)]),
  ];
};
