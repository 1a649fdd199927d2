import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../src/backends/backend.js';
import { loadBackend, managerNames, parseManagerName } from '../../src/backends/registry.js';
import type { ManagedProcess } from '../../src/model/process-model.js';
import { managedProcess, type UnitSurroundings } from '../backends/support/render-unit.js';
import { repository } from '../support/repository.js';
import { renderedBy } from './support/rendered-by.js';

/** Everything that createManagedProcess can say about how a process runs, each against a process that does not say it. */
const properties: Readonly<Record<string, Partial<ManagedProcess>>> = {
  args: {},
  environment: { environment: { PORT: '5000' } },
  path: { path: ['/opt/tools'] },
  directory: { directory: '/srv' },
  umask: { umask: '027' },
  nice: { nice: 5 },
  user: { user: 'webapp' },
  initialize: { initialize: 'mkdir -p /srv/webapp' },
  pidFile: { pidFile: '/run/elsewhere.pid' },
  credentials: {
    credentials: { groups: [{ name: 'webapp', gid: null, attributes: {} }], users: [] },
  },
  dependencies: {},
};

/** What test/conformance/inheritance*.test.ts read in running processes, but for launchd and cygrunsrv, which run elsewhere. */
const inheritance = `## What a process inherits

The same under every manager, whoever calls the command: an operator with a umask of their own, a cron job that holds a
lock, \`nohup\`, another service. A new version of this program that changes something here restarts the processes, and says
so (\`surroundings\`).

| | A process gets | Otherwise |
| --- | --- | --- |
| Descriptors | 0, 1 and 2 | those that s6 or systemd give it for notifications and sockets |
| Signals | none ignored, none blocked | |
| umask | 022 | \`umask\` of the model |
| Niceness | 0 where we may: an ordinary user cannot lower it | \`nice\` of the model, instead of 0 |
| Open files | a soft limit of 1024; the hard limit stays | what the manager sets: systemd, docker, launchd, login classes of FreeBSD |
| Session | not the caller's; one of its own | supervisord: a process group of its own in the session of supervisord, which is not the caller's either; Synit: the session of syndicate-server |
| PATH | the model's \`path\` and the tools of the manager; for sysvinit's scripts, then the system's directories: what is called without its path may be found there alone | \`PATH\` of the model |
| HOME, USER, LOGNAME, SHELL | those of the account that it runs as | those of the model, or of an image; systemd has no SHELL for accounts that may not log in; launchd and Cygwin give what they give any service |
| Other variables | the model's, and those that the manager makes itself: \`SUPERVISOR_…\`, systemd's \`INVOCATION_ID\`, \`PIDFILE\` and their like, what a user's systemd was given, the engine's; \`NIXPROC_INSTANCE\` ([leftovers.md](leftovers.md)) where the process has no control group of its own: for ordinary users, but not under systemd and docker | |

Scripts need \`env\` of coreutils 8.31 or later to undo ignored signals, and bash to close descriptors beyond 9 (a start by hand
may bring some along); without these, a process keeps them. The tool itself starts no script with ignored signals.`;

/** @param reach whether they do, for each manager */
const settings = (
  reach: readonly boolean[],
): string => `\`umask\`, \`ulimit\` and \`export\` in \`initialize\` are for the process as well, where \`initialize\` and the process share a shell:

| | ${managerNames.join(' | ')} |
| --- |${' --- |'.repeat(managerNames.length)}
| reach the process | ${reach.map((does) => (does ? 'yes' : 'no')).join(' | ')} |

Where they do not, a model that has them is warned of when it is built: set \`umask\` and \`environment\` of the process instead,
and limits by the manager's own properties (\`LimitNOFILE\` of systemd).`;

const command = (...args: string[]): ManagedProcess['daemon'] => ({ executable: '/bin/webapp', args });

const forms = {
  foreground: (args: string[]): Partial<ManagedProcess> => ({ foreground: command(...args) }),
  daemon: (args: string[]): Partial<ManagedProcess> => ({ daemon: command('-D', ...args) }),
} as const;
type Form = keyof typeof forms;

interface Cell {
  readonly honoured: boolean;
  readonly said: readonly string[];
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'nixproc-properties-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** All that the manager would get to see of a process. */
const seenBy = (backend: Backend, process: ManagedProcess, more: Partial<UnitSurroundings> = {}) => {
  const { unit, texts, unsupported } = renderedBy(backend, process, { root, ...more });
  return { text: JSON.stringify([unit.files, texts, unit.credentials]), unsupported };
};

const cellOf = (backend: Backend, form: Form, property: string): Cell => {
  const plain = seenBy(backend, managedProcess(forms[form]([])));
  const process = managedProcess({ ...forms[form](property === 'args' ? ['--more'] : []), ...properties[property] });
  const dependent: Partial<UnitSurroundings> =
    property === 'dependencies' ? { level: 1, maxLevel: 1, dependencies: ['database'] } : {};
  const changed = seenBy(backend, process, dependent);
  return {
    honoured: changed.text !== plain.text,
    said: changed.unsupported.filter((sentence) => !plain.unsupported.includes(sentence)),
  };
};

/** Why a property may leave no trace in what the manager sees, and is honoured all the same; null when it may not. */
const honouredOtherwise = (form: Form, property: string): string | null => {
  // Who runs a process in the foreground needs no PID file for it.
  if (form === 'foreground' && property === 'pidFile') return 'not needed';
  // A switch starts level by level, whether the manager knows dependencies or not (test/activate).
  return property === 'dependencies' ? 'by our order' : null;
};

describe.each(managerNames)('%s', (name) => {
  test.each(Object.keys(forms) as Form[])(
    'honours every property of a %s process, or says that it cannot',
    async (form) => {
      const backend = await loadBackend(parseManagerName(name));
      const silent = Object.keys(properties).filter((property) => {
        const { honoured, said } = cellOf(backend, form, property);
        return !honoured && said.length === 0 && honouredOtherwise(form, property) === null;
      });
      expect(silent).toEqual([]);
    },
  );
});

/** What is said of what these commands would set for the process. */
const lostBy = (backend: Backend, initialize: string): string =>
  seenBy(backend, managedProcess({ ...forms.foreground([]), initialize })).unsupported.join();

// A script of the model runs in a shell of its own under each of them; where the process is in the same one, nothing is lost.
test.each(['systemd', 'bsdrc', 'synit', 'openrc'])(
  'what initialize sets for its own shell under %s is said to be lost',
  async (name) => {
    const backend = await loadBackend(parseManagerName(name));
    expect(lostBy(backend, 'umask 027\nexport A=b; ulimit -n 5')).toContain(
      'what umask and ulimit and export say there does not reach',
    );
    expect(lostBy(backend, 'if true; then export A=b; fi')).toContain('what export says there');
    expect(lostBy(backend, '{ umask 077; }')).toContain('what umask says there');
    expect(lostBy(backend, 'mkdir -p /srv/export /srv/umask')).toBe('');
  },
);

test('the published table says what each manager does with each property', async () => {
  const backends = await Promise.all(managerNames.map((name) => loadBackend(parseManagerName(name))));
  const sections = (Object.keys(forms) as Form[]).map((form) => {
    const notes: string[] = [];
    const rows = Object.keys(properties).map((property) => {
      const cells = backends.map((backend) => {
        const { honoured, said } = cellOf(backend, form, property);
        for (const sentence of said) notes.push(`- ${backend.name}, \`${property}\`: ${sentence}`);
        return said.length > 0
          ? honoured
            ? 'partly'
            : 'no'
          : honoured
            ? 'yes'
            : (honouredOtherwise(form, property) ?? 'silent');
      });
      return `| \`${property}\` | ${cells.join(' | ')} |`;
    });
    return [
      `## A process that ${form === 'daemon' ? 'can only run as a daemon' : 'can only run in the foreground'}`,
      '',
      `| Property | ${managerNames.join(' | ')} |`,
      `| --- |${' --- |'.repeat(managerNames.length)}`,
      ...rows,
      ...(notes.length === 0 ? [] : ['', ...notes]),
    ].join('\n');
  });
  const timeouts = backends.map(({ honoursTimeouts }) => (honoursTimeouts === true ? 'yes' : 'settings of its own'));
  const leftovers = backends.map(
    ({ leftovers: by = 'tool' }) => ({ tool: 'yes', manager: 'settings of its own', nobody: 'no' })[by],
  );
  const actual = [
    '# What each process manager does with the properties of createManagedProcess',
    'Made by `npm run golden` from the backends themselves, and held by the conformance suite. A property that a manager\ncannot express is reported when a model that uses it is built.',
    ...sections,
    [
      '## An instance, beside its `pkg`',
      '',
      `| Attribute | ${managerNames.join(' | ')} |`,
      `| --- |${' --- |'.repeat(managerNames.length)}`,
      ...['startTimeout', 'stopTimeout'].map((attribute) => `| \`${attribute}\` | ${timeouts.join(' | ')} |`),
      `| \`leftovers\` | ${leftovers.join(' | ')} |`,
    ].join('\n'),
    inheritance,
    settings(backends.map((backend) => lostBy(backend, 'umask 027') === '')),
    '',
  ].join('\n\n');
  const file = join(repository, 'docs', 'properties.md');
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(file, actual);
  expect(actual).toBe(await readFile(file, 'utf8'));
});
