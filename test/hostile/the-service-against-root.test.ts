import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { managersAnywhere } from '../contract/anywhere.js';
import { canThrowAway } from '../support/throw-away-root.js';
import { createVictim, secret, type Victim } from './support/victim.js';

const isFull = process.env['NIXPROC_HOSTILE'] === 'full';
jest.setTimeout(600_000);
const describeAsRoot = canThrowAway ? describe : describe.skip;

/** Exit codes that are documented, and no bug. 124 and 137 are those of timeout(1). */
const documented = [0, 2, 3, 4, 6, 7, 8, 9];

interface Attack {
  readonly name: string;
  /** What the services' user does; $pid is the PID file of a daemon of theirs. */
  readonly script: string;
}

/** A daemon's PID file is its user's: they can write what they want. */
const attacks: readonly Attack[] = [
  { name: "the PID of root's process", script: 'echo "$bystander" > $pid' },
  { name: 'the PID of init', script: 'echo 1 > $pid' },
  { name: 'all processes', script: 'echo -1 > $pid' },
  { name: 'the own process group', script: 'echo 0 > $pid' },
  { name: 'several PIDs and options', script: 'echo "-9 $bystander 1" > $pid' },
  { name: 'two lines', script: 'printf "%s\\n%s\\n" "$(cat $pid)" "$bystander" > $pid.x; mv $pid.x $pid' },
  { name: 'a command', script: "echo '$(touch /root/made)`touch /root/made`;touch /root/made' > $pid" },
  { name: 'a pipe that nobody writes to', script: 'rm $pid; mkfifo $pid' },
  { name: "a link to root's file", script: 'rm $pid; ln -s /root/secret $pid' },
  { name: "a link to root's PID file", script: 'rm $pid; ln -s /root/bystander $pid' },
  { name: 'a directory', script: 'rm $pid; mkdir $pid' },
  { name: 'a text without an end', script: 'rm $pid; ln -s /dev/zero $pid' },
  { name: 'a number that no process has', script: 'echo 99999999999999999999 > $pid' },
];
const named = (...names: readonly string[]): readonly Attack[] => attacks.filter(({ name }) => names.includes(name));
/** In CI. */
const someAttacks = (manager: string): readonly Attack[] =>
  manager === 'sysvinit'
    ? named("the PID of root's process", 'all processes', 'two lines', "a link to root's file", 'a text without an end')
    : named("the PID of root's process", 'a pipe that nobody writes to');

describeAsRoot('what the user of a service writes into its PID file, under', () => {
  let victim: Victim;
  beforeAll(async () => {
    victim = await createVictim();
  });
  afterAll(() => victim.stop());

  describe.each([...managersAnywhere])('%s', (manager) => {
    beforeAll(async () => {
      const { exitCode, stderr } = await victim.switchTo(manager);
      if (exitCode !== 0) throw new Error(`the switch ended with ${exitCode}: ${stderr}`);
    });
    afterAll(async () => {
      await victim.root('rm -rf /run/keeper');
      const { exitCode, stderr } = await victim.tool('undeploy');
      await victim.root('pkill -u svc || true');
      if (exitCode !== 0) throw new Error(`the undeployment ended with ${exitCode}: ${stderr}`);
    });

    test.each(isFull ? attacks : someAttacks(manager))(
      'does not end or show what is not theirs: $name',
      async ({ script }) => {
        const bystander = await victim.root('cat /root/bystander');
        await victim.service(`pid=/run/keeper/keeper.pid; bystander=${bystander}; ${script}`);
        const codes: number[] = [];
        let said = '';
        for (const line of [['status'], ['restart', 'keeper'], ['logs', 'keeper'], ['stop', 'keeper']]) {
          const { exitCode, stdout, stderr } = await victim.tool(...line);
          codes.push(exitCode);
          said += `${line.join(' ')}: ${stdout}${stderr}`;
        }
        expect(await victim.harm()).toBe('');
        if (!codes.every((code) => documented.includes(code))) throw new Error(`${codes.join(', ')}: ${said}`);
        expect(said).not.toContain(secret);
        // Whoever was lied to may have lost a process, but not the way to start it.
        await victim.root('pkill -u svc -f service.py || true; rm -rf /run/keeper');
        const again = await victim.tool('restart', 'keeper');
        if (again.exitCode !== 0) throw new Error(`it cannot be started any more: ${again.stderr}`);
      },
    );
  });
});
