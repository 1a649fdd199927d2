// `npm run demo`: the whole life of a deployment, told with the commands that a user would type.
// `npm run demo -- --keep` leaves it running at the end.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { DemoError, createMachine } from './demo/machine.mjs';
import { chapter, confirm, say, shellWord } from './demo/terminal.mjs';
import { findPortOffset, getPage } from './demo/web.mjs';
import { repository, setUp } from './setup.mjs';

const expect = (holds, promise) => {
  if (!holds) throw new DemoError(`this should be so, but is not: ${promise}`);
  confirm(promise);
};

const message = (page) => /<p>(.*?)<\/p>/.exec(page)?.[1];

/** Files that tell of running services: PID files and sockets. */
const runtimeFiles = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSocket() || entry.name.endsWith('.pid'))
    .map((entry) => join(entry.parentPath, entry.name));

const tell = async (machine, portOffset) => {
  const { directory, tool } = machine;
  const model = 'model/processes.nix';
  const proxyPort = 15080 + portOffset;
  const modelOptions = [
    ...['--state-dir', 'state', '--force-disable-user-change', '--host-packages'],
    ...(portOffset === 0 ? [] : ['--extra-params', `{ portOffset = ${portOffset}; }`]),
    model,
  ];
  const pids = () => new Map(machine.status().map(({ instance, pid }) => [instance, pid]));

  const visit = async (expected) => {
    say('');
    for (const [host, words] of Object.entries(expected)) {
      const page = await getPage(proxyPort, host);
      expect(message(page) === words, `http://127.0.0.1:${proxyPort} as ${host} says: ${message(page)}`);
    }
  };
  const greetings = {
    'webapp1.local': 'Hello from the first web application',
    'webapp2.local': 'Hello from the second web application',
  };
  const changedGreetings = { ...greetings, 'webapp2.local': 'Hello again from the second web application' };

  chapter('Two web applications behind a reverse proxy, as sysvinit scripts');
  say(`The model is a copy of fixtures/webapps. Everything happens in ${directory}, as the user who called;`);
  say("the system's own services, users and Nix store are left alone.");
  await tool('plan', '-P', 'sysvinit', ...modelOptions);
  await tool('switch', '-P', 'sysvinit', ...modelOptions);
  await tool('status');
  await visit(greetings);

  chapter('One web application changes: only that one restarts');
  const text = readFileSync(join(directory, model), 'utf8');
  writeFileSync(join(directory, model), text.replace(greetings['webapp2.local'], changedGreetings['webapp2.local']));
  say(`In ${model}, webapp2 now says: ${changedGreetings['webapp2.local']}`);
  const before = pids();
  await tool('switch', ...modelOptions);
  await visit(changedGreetings);
  for (const [instance, pid] of pids()) {
    const same = before.get(instance) === pid;
    expect(
      same === (instance !== 'webapp2'),
      same ? `${instance} is still process ${pid}` : `${instance} was process ${before.get(instance)}, is now ${pid}`,
    );
  }

  chapter('The same model under supervisord: one flag moves everything');
  await tool('switch', '-P', 'supervisord', ...modelOptions);
  await tool('status');
  await visit(changedGreetings);

  chapter('Back to what ran before, and further back');
  await tool('rollback');
  await visit(changedGreetings);
  await tool('rollback');
  await visit(greetings);
  await tool('generations', 'list');
  const managers = new Set(machine.status().map(({ manager }) => manager));
  expect(managers.size === 1 && managers.has('sysvinit'), 'everything runs under sysvinit again');
};

const undeploy = async ({ directory, tool, livingProcesses }) => {
  chapter('The end');
  await tool('undeploy');
  say('');
  expect(livingProcesses().length === 0, 'no process is left');
  expect(runtimeFiles(join(directory, 'state')).length === 0, 'no PID file and no socket is left');
};

const explainHowToStop = ({ directory }) => {
  chapter('It keeps running');
  say('To look around:');
  say(`  . ${shellWord(join(directory, 'environment.sh'))}`);
  say('  nix-processmgmt-ts status');
  say('To stop it and take everything away:');
  say(`  nix-processmgmt-ts undeploy; chmod -R u+w ${shellWord(directory)}; rm -rf ${shellWord(directory)}`);
};

const keep = process.argv.includes('--keep');
setUp();
const started = Date.now();
const machine = createMachine(repository);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, async () => {
    await machine.remove();
    process.exit(128 + constants.signals[signal]);
  });
}
try {
  await tell(machine, await findPortOffset([15000, 15001, 15080]));
  if (keep) {
    explainHowToStop(machine);
  } else {
    await undeploy(machine);
    await machine.remove();
    confirm(`${machine.directory} is gone; that took ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
} catch (error) {
  await machine.remove();
  if (!(error instanceof DemoError)) throw error;
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
}
