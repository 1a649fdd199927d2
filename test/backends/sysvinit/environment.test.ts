import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  argumentsOf,
  eachShellOnce,
  environmentOf,
  makePlace,
  readMain,
  type ServiceOptions,
} from './support/service.js';

/** Values that have hurt some quoting before. */
const awkward = [
  '',
  ' ',
  "'",
  "it's 'quoted'",
  '"double"',
  '\\',
  '\\n',
  'trailing\\',
  '$HOME ${HOME} $(id) `id`',
  '%s %n 100%',
  '!',
  '~',
  '*',
  '-n',
  '--',
  '#comment',
  'a;b&c|d<e>f(g)',
  '\n',
  'two\nlines\n',
  'END\nEOF\n',
  '\r\n\t',
  '\x01\x1b[31m\x7f',
  'Größe ☃ 𝄞',
  'x'.repeat(50_000),
];

/** Names that shells keep to themselves, refuse, or change. */
const awkwardNames = [
  ...['IFS', 'UID', 'EUID', 'PPID', 'GROUPS', 'SHELLOPTS', 'BASHOPTS', 'BASHPID', 'BASH_VERSION', 'POSIXLY_CORRECT'],
  ...['ENV', 'TMOUT', 'PS1', 'PS4', 'LINENO', 'OPTIND', 'OPTARG', 'RANDOM', 'SECONDS', 'EPOCHSECONDS', 'FUNCNAME', '_'],
  ...[
    'DIRSTACK',
    'HISTCMD',
    'PIPESTATUS',
    'PWD',
    'OLDPWD',
    'SHLVL',
    'CDPATH',
    'GLOBIGNORE',
    'COLUMNS',
    'LINES',
    'MAIL',
  ],
  ...[
    'HOSTNAME',
    'HOSTTYPE',
    'MACHTYPE',
    'OSTYPE',
    'TERM',
    'REPLY',
    'LANG',
    'LC_ALL',
    'HOME',
    'USER',
    'SHELL',
    'CDPATH',
  ],
  ...['nixproc_name', 'nixproc_pid_file', 'nixproc_user', 'NIXPROC_START_TIMEOUT_', 'if', 'test', 'a.b', 'a-b', '-a'],
  ...['with space', 'ünïcode', '1digit', 'new\nline', "quo'te", '$x', 'BASH_FUNC_f%%', 'toString'],
];

describe.each(eachShellOnce)('an init script under $shell as $account.name', ({ shell, account }) => {
  const seenBy = async (
    process: NonNullable<ServiceOptions['process']>,
    kind: 'daemon' | 'foreground',
    args: readonly string[],
  ): Promise<{ readonly args: readonly string[]; readonly environment: ReadonlyMap<string, string> }> => {
    const here = await makePlace(account);
    const pidFile = `${here.path}/run/service.pid`;
    const command = { executable: here.program, args: [kind, pidFile, ...args] };
    const service = here.service({ shell, process: { ...process, daemon: null, [kind]: command } });
    const { exitCode, stderr } = service.call('start');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const pid = readMain(service);
    const seen = { args: argumentsOf(pid), environment: environmentOf(pid) };
    expect(service.call('stop').exitCode).toBe(0);
    return { ...seen, args: seen.args.slice(seen.args.indexOf(pidFile) + 1) };
  };

  describe.each(['daemon', 'foreground'] as const)('hands to a %s', (kind) => {
    test('awkward arguments and values byte for byte', async () => {
      const environment = Object.fromEntries(awkward.map((value, index) => [`VALUE_${index}`, value]));
      const seen = await seenBy({ environment }, kind, awkward);
      expect(seen.args).toEqual(awkward);
      expect(Object.fromEntries([...seen.environment].filter(([name]) => name in environment))).toEqual(environment);
    });

    test('variables that shells have their own ideas about', async () => {
      const environment = Object.fromEntries(awkwardNames.map((name) => [name, `=it's ${name}\n$x`]));
      const { environment: seen } = await seenBy({ environment }, kind, []);
      for (const name of awkwardNames) expect([name, seen.get(name)]).toEqual([name, environment[name]]);
    });

    test('arbitrary arguments and variables byte for byte', async () => {
      const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((value) => !value.includes('\0'));
      const variable = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((name) => !/[=\0]/.test(name));
      await fc.assert(
        fc.asyncProperty(
          fc.array(text, { maxLength: 100 }),
          fc.dictionary(variable, text, { maxKeys: 100, noNullPrototype: true }),
          async (args, environment) => {
            const seen = await seenBy({ environment }, kind, args);
            expect(seen.args).toEqual(args);
            for (const [name, value] of Object.entries(environment)) {
              expect([name, seen.environment.get(name)]).toEqual([name, value]);
            }
          },
        ),
        { numRuns: kind === 'daemon' ? 15 : 5 },
      );
    });
  });

  test("PATH is that of the process's packages, then the base tools, then the system's", async () => {
    const { environment } = await seenBy({ path: ['/opt/package', '/usr'] }, 'daemon', []);
    expect(environment.get('PATH')).toMatch(
      /^\/opt\/package\/bin:\/usr\/bin:\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:/,
    );
  });

  test('a PATH in the environment replaces it, even one where the script finds no programs', async () => {
    const { environment } = await seenBy(
      { path: ['/opt/package'], environment: { PATH: '/nowhere' } },
      'foreground',
      [],
    );
    expect(environment.get('PATH')).toBe('/nowhere');
  });

  test('a program with "=" in its path gets the variables that only env can set', async () => {
    const here = await makePlace(account);
    const executable = here.program.replace('service', 'ser=vice');
    here.stranger('cp', here.program, executable);
    const pidFile = `${here.path}/run/service.pid`;
    const service = here.service({
      shell,
      process: { daemon: { executable, args: ['daemon', pidFile] }, environment: { 'a.b': 'c' } },
    });
    expect(service.call('start').exitCode).toBe(0);
    expect(environmentOf(service.pid()).get('a.b')).toBe('c');
  });
});
