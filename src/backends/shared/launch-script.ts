import { shellCommand, shellQuote } from './shell-quote.js';

/** What has to happen in a process before it becomes the program, for a manager that cannot do it itself. */
export interface Launch {
  /** The package whose env, id and nice are used. */
  readonly coreutils: string;
  /** Octal digits; null leaves it alone. */
  readonly umask?: string | null;
  /** Where to go; null stays. With `initialize`, it may be missing until that has made it. */
  readonly directory?: string | null;
  /** Variables for `initialize` and the program, on top of those that the manager hands over. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Shell commands; when one fails, the program is not started. "" for none. */
  readonly initialize?: string;
  /** Added to the niceness that the manager runs at; null leaves it alone. */
  readonly nice?: number | null;
  /** Whom to become after `initialize`, with the user's own groups; null stays. `setpriv` is the program of util-linux. */
  readonly user?: { readonly name: string; readonly setpriv: string } | null;
  /** The program and its arguments; empty for the words that the script is called with. */
  readonly command: readonly string[];
  /** Whether the words that the script is called with go between the program and its arguments. Default: false. */
  readonly takesOptions?: boolean;
  /** A command that gives the program defined surroundings (clean-start.ts), as its user; the program is put behind it. */
  readonly cleanStart?: readonly string[];
  /** A command that keeps the program in the background, with its options; the program is put behind it. */
  readonly keeper?: readonly string[];
}

/**
 * Variables that no shell hands on as they are: it refuses or drops those that are not names to it, and has its own
 * ideas about the values of others (dash(1), bash(1)).
 */
const isTheShellsOwn = (name: string): boolean =>
  !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ||
  /^(?:_|PWD|OLDPWD|SHLVL|IFS|E?UID|PPID|GROUPS|SHELLOPTS|BASH.*|ENV|POSIXLY_CORRECT|LINENO|S?RANDOM|SECONDS|EPOCH(?:SECONDS|REALTIME)|DIRSTACK|FUNCNAME|HISTCMD|OPT(?:IND|ARG|ERR)|PIPESTATUS|PS[0-4]|LC_.*|LANG)$/.test(
    name,
  );

/** The variables among these that do not survive a shell between the manager and the program. */
export const variablesLostInShells = (environment: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => isTheShellsOwn(name)));

/** Goes to a directory that commands may count on, but that some of them may have to make. */
export const cdWherePossible = (quoted: string): string => `if [ -d ${quoted} ]; then cd -- ${quoted}; fi`;

/**
 * A script for a POSIX shell that prepares a process and then becomes the program (it keeps the PID). Arguments and
 * values arrive byte for byte. Run it as `SHELL SCRIPT`.
 */
export const launchScript = (launch: Launch): string => {
  const { coreutils, umask, directory, environment = {}, initialize = '', nice, user, command } = launch;
  const { takesOptions = false, keeper = [], cleanStart = [] } = launch;
  const [program, ...args] = command;
  const quoted = directory === null || directory === undefined ? null : shellQuote(directory);
  const options = takesOptions ? ['"$@"'] : [];
  const tool = (name: string): string => shellQuote(`${coreutils}/bin/${name}`);
  const names = Object.keys(environment).sort();
  const last = names.filter(isTheShellsOwn).map((name) => `${name}=${environment[name] ?? ''}`);
  const lines = [
    'set -e',
    ...(umask === null || umask === undefined ? [] : [`umask ${shellQuote(umask)}`]),
    ...(quoted === null ? [] : [initialize === '' ? `cd -- ${quoted}` : cdWherePossible(quoted)]),
    ...names
      .filter((name) => !isTheShellsOwn(name))
      .map((name) => `export ${name}=${shellQuote(environment[name] ?? '')}`),
    ...(initialize === '' ? [] : [initialize, ...(quoted === null ? [] : [`cd -- ${quoted}`])]),
    ...(program === undefined
      ? []
      : [`set -- ${[shellQuote(program), ...options, ...args.map(shellQuote)].join(' ')}`]),
    // env takes a program with "=" in its path for a variable; nice does not.
    `case $1 in *=*) set -- ${tool('nice')} -n 0 "$@" ;; esac`,
    // Without what shells add to an environment.
    `set -- ${tool('env')} -u PWD -u OLDPWD -u SHLVL -u _ ${shellCommand(last)}${last.length === 0 ? '' : ' '}"$@"`,
    ...(cleanStart.length === 0 ? [] : [`set -- ${shellCommand(cleanStart)} "$@"`]),
    ...(keeper.length === 0 ? [] : [`set -- ${shellCommand(keeper)} "$@"`]),
    ...(user === null || user === undefined ? [] : userSwitch(user, tool('id'))),
    // Before the user switch (commands are put in front of each other here): afterwards it may not be lowered any more.
    ...(nice === null || nice === undefined ? [] : [`set -- ${tool('nice')} -n ${nice} "$@"`]),
    'exec "$@"',
  ];
  return `${lines.join('\n')}\n`;
};

/** Unlike su, setpriv needs no valid login shell, starts no session and stays one process. */
const userSwitch = ({ name, setpriv }: { name: string; setpriv: string }, id: string): readonly string[] => [
  `uid=$(${id} -u -- ${shellQuote(name)})`,
  `gid=$(${id} -g -- ${shellQuote(name)})`,
  `if [ "$(${id} -u)" != "$uid" ]; then`,
  `  set -- ${shellQuote(setpriv)} --reuid="$uid" --regid="$gid" --init-groups -- "$@"`,
  'fi',
];
