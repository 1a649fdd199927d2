import { expect, test } from '@jest/globals';
import { managerNames } from '../../../src/backends/registry.js';
import { getopt } from '../../../src/cli/old-names/getopt.js';
import { oldCommands } from '../../../src/cli/old-names/old-commands.js';
import { commands } from '../../../src/cli/commands/index.js';

const wordsOf = (name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const command = oldCommands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`there is no ${name}`);
  return command.translate(getopt(args, command.options), env);
};

/** Says of a state option that none is taken from the current generation. */
const isUnsaid = (word: string): boolean => /^--[a-z]+-dir=default$|^--no-force-disable-user-change$/.test(word);

const translated = (...line: Parameters<typeof wordsOf>): string =>
  wordsOf(...line)
    .filter((word) => !isUnsaid(word))
    .join(' ');

test.each([
  ['nixproc-sysvinit-switch', 'processes.nix', 'switch --process-manager=sysvinit processes.nix'],
  ['nixproc-systemd-switch', '--user m.nix', 'switch --process-manager=systemd --user m.nix'],
  ['nixproc-sysvinit-switch', '--runlevel 5 m.nix', 'switch --process-manager=sysvinit --runlevel=5 m.nix'],
  [
    'nixproc-sysvinit-switch',
    '-p a -o /old m.nix',
    'switch --process-manager=sysvinit --profile=a --old-profile=/old m.nix',
  ],
  ['nixproc-supervisord-switch', '', 'switch --process-manager=supervisord'],
  ['nixproc-supervisord-deploy', './result', 'switch --process-manager=supervisord ./result'],
  ['nixproc-docker-switch', '--undeploy -p a', 'undeploy --profile=a'],
  ['nixproc-systemd-switch', '--undeploy --user', 'undeploy --user'],
  ['nixproc-sysvinit-switch', '--rollback -p a --runlevel 2', 'rollback --profile=a --runlevel=2'],
  ['nixproc-sysvinit-switch', '--switch-generation 3 -p a', 'generations switch 3 --profile=a'],
  ['nixproc-sysvinit-switch', '--switch-to-generation=3 ignored.nix', 'generations switch 3'],
  ['nixproc-sysvinit-switch', '--list-generations -p a', 'generations list --plain --profile=a'],
  ['nixproc-sysvinit-switch', '--delete-generations 30d -p a', 'generations delete 30d --profile=a'],
  ['nixproc-sysvinit-switch', '--delete-all-generations -p a', 'generations delete all --profile=a'],
  ['nixproc-build', '-P sysvinit --no-out-link m.nix', 'build --process-manager=sysvinit --no-out-link m.nix'],
  ['nixproc-build', '--undeploy -P sysvinit', 'build --process-manager=sysvinit --undeploy'],
  ['nixproc-sysvinit-runactivity', '-r status', 'run-activity status --process-manager=sysvinit --reverse'],
  [
    'nixproc-sysvinit-runactivity',
    'stop /p --runlevel 3',
    'run-activity stop /p --process-manager=sysvinit --runlevel=3',
  ],
  ['nixproc-supervisord-deploy-stateless', 'm.nix', 'run --process-manager=supervisord m.nix'],
  ['nixproc-s6-svscan', '--runtime-dir /r', 'supervise --process-manager=s6-rc --runtime-dir=/r'],
  ['nixproc-init-state', '--lib-dir /l', 'init-state --lib-dir=/l'],
  [
    'nixproc-generate-config',
    '-P systemd --create-managed-process-expr /c.nix --no-out-link --log-dir /l -- -w.json',
    'generate-config --process-manager=systemd --create-managed-process-expr=/c.nix --no-out-link --log-dir=/l ./-w.json',
  ],
  [
    'nixproc-id-assign',
    '--id-resources r.nix --ids i.nix --service-property p --output-file o --output-xml --state-dir /s m.nix',
    'id-assign --id-resources=r.nix --ids=i.nix --service-property=p --output-file=o --output-xml --state-dir=/s m.nix',
  ],
])('%s %s', (name, line, expected) => {
  expect(
    translated(
      name,
      line.split(' ').filter((word) => word !== ''),
    ),
  ).toBe(expected);
});

test('every state option reaches the command under its own name', () => {
  const directories = ['state', 'runtime', 'log', 'tmp', 'cache', 'spool', 'lock', 'lib'];
  const args = [...directories.map((name) => `--${name}-dir=/${name}`), '--force-disable-user-change'];
  const expected = [...args, '--extra-params={ }', '--show-trace'].join(' ');
  for (const name of ['nixproc-sysvinit-switch', 'nixproc-build']) {
    const words = translated(
      name,
      ['-Psysvinit'].filter(() => name === 'nixproc-build').concat(args, '--extra-params', '{ }', '--show-trace'),
    );
    expect(words).toContain(expected);
  }
});

test.each([
  ['nixproc-sysvinit-switch', 'm.nix'],
  ['nixproc-build', '-P sysvinit m.nix'],
  ['nixproc-supervisord-deploy-stateless', 'm.nix'],
])('%s takes no state option from the current generation, but those of variables', (name, line) => {
  const unsaid = (words: readonly string[], env = {}) => wordsOf(name, words, env).filter(isUnsaid).sort();
  const all = ['cache', 'lib', 'lock', 'log', 'runtime', 'spool', 'state', 'tmp'].map((dir) => `--${dir}-dir=default`);
  expect(unsaid(line.split(' '))).toEqual([...all, '--no-force-disable-user-change'].sort());
  const env = { NIXPROC_STATE_DIR: '/s', NIXPROC_FORCE_DISABLE_USER_CHANGE: '1' };
  expect(unsaid(['--log-dir', '/l', ...line.split(' ')], env)).toEqual(
    all.filter((word) => !/--(?:state|log)-/.test(word)),
  );
  // Here it is no word of ours.
  expect(wordsOf(name, ['--state-dir', 'default', ...line.split(' ')])).toContain('--state-dir=./default');
});

test('neither a value nor an operand is taken for an option of ours', () => {
  expect(translated('nixproc-sysvinit-switch', ['-p', '--undeploy', '--', '--odd.nix'])).toBe(
    'switch --process-manager=sysvinit --profile=--undeploy ./--odd.nix',
  );
  expect(() => translated('nixproc-sysvinit-switch', ['--delete-generations', '--json'])).toThrow('no generation');
  expect(() => translated('nixproc-sysvinit-runactivity', ['--', '--help'])).toThrow('no activity');
});

test('a stateless deployment runs the model that NIXPROC_PROCESSES names, never the current generation', () => {
  expect(translated('nixproc-supervisord-deploy-stateless', [], { NIXPROC_PROCESSES: '/m.nix' })).toBe(
    'run --process-manager=supervisord /m.nix',
  );
  expect(() => translated('nixproc-supervisord-deploy-stateless', [])).toThrow('No model was given');
});

test.each([
  ['two operations', 'nixproc-sysvinit-switch', ['--rollback', '--undeploy'], 'cannot be done at once'],
  ['two models', 'nixproc-sysvinit-switch', ['a.nix', 'b.nix'], '"b.nix" is one operand too many'],
  ['no manager', 'nixproc-build', ['a.nix'], 'No process manager was chosen'],
  ['no profile', 'nixproc-sysvinit-deploy', [], 'No profile was given'],
  ['no activity', 'nixproc-sysvinit-runactivity', [], 'No activity was given'],
  ["another manager's option", 'nixproc-supervisord-switch', ['--runlevel', '3'], 'There is no option --runlevel'],
])('%s is a usage error', (_, name, args, words) => {
  expect(() => translated(name, args)).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining(words) }),
  );
});

test('every manager can be switched to and deployed to', () => {
  const names = oldCommands.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const manager of managerNames) {
    expect(names).toEqual(expect.arrayContaining([`nixproc-${manager}-switch`, `nixproc-${manager}-deploy`]));
  }
});

test('every translation begins with a command that there is', () => {
  const known = commands.map(({ command }) => command.split(' ')[0]);
  for (const { name, translate } of oldCommands) {
    const operands = ['nixproc-init-state', 'nixproc-s6-svscan'].includes(name) ? [] : ['a'];
    const [command] = translate({ options: new Map([['process-manager', 'sysvinit']]), operands }, {});
    expect(known).toContain(command);
  }
});
