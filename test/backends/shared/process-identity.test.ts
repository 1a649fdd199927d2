import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from '../../../src/backends/shared/process-functions.js';
import { isRoot } from '../../support/is-root.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../../support/temporary-directory.js';

let place: TemporaryDirectory;
beforeEach(async () => {
  place = await makeTemporaryDirectory();
  chmodSync(place.path, 0o755);
  // Only root can write the first one; the second is the ordinary user's, and the third everybody's, as /tmp is.
  for (const name of ['of-root', 'of-user', 'tmp']) mkdirSync(join(place.path, name));
  chmodSync(join(place.path, 'tmp'), 0o1777);
  if (isRoot) spawnSync('chown', ['65534:65534', join(place.path, 'of-user')]);
});
afterEach(() => place.remove());

/** What the functions make of the PID file `$file` that some commands make, after they have started processes. */
const ask = (shell: string, commands: string, { path = process.env['PATH'] ?? '', before = '' } = {}): string => {
  const text = `${processIdentity()}
cd ${place.path} || exit
user() { setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }
pids=
begin() { "$@" >/dev/null 2>&1 & pid=$!; pids="$pids $pid"; }
trap 'kill -s KILL $pids 2>/dev/null' EXIT
${commands}
if nixproc_believe "$file"; then echo "believed $((nixproc_candidate - pid))"; else echo "refused: $nixproc_why"; fi`;
  writeFileSync(join(place.path, 'script'), text);
  const words = `${before} ${shell} ${place.path}/script`;
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', words], { encoding: 'utf8', env: { PATH: path } });
  expect(stderr).toBe('');
  return stdout.trim();
};

/** The process becomes the program, and the user, a moment after it was started. */
const begun = (who: string): string => `begin ${who} sleep 100
until [ "$(cat /proc/$pid/comm 2>/dev/null)" = sleep ]; do sleep 0.01; done`;
const asUser = 'setpriv --reuid=65534 --regid=65534 --clear-groups --';
const byUser = (text: string): string => `user sh -c "umask 022; echo ${text} >$file"`;

describe.each(['/bin/dash', '/bin/bash'])('under %s', (shell) => {
  test.each([
    ['nothing', '', /^refused:$/],
    ['words', 'none', /^refused:$/],
    ['zero', '0', /^refused:$/],
    ['a negative number', '-1', /^refused:$/],
    ['more digits than a PID has', '99999999999999', /^refused:$/],
    ['the first process', '1', /^refused: is the first process of the machine or container/],
    ['the script itself', '$$', /^refused: is the one that looks after it$/],
    ['who called the script', '$PPID', /^refused: is the one that looks after it$/],
    ['a process that is gone', '$(sh -c "echo \\$\\$")', /^refused: is not alive$/],
    ['a process that the script has started', '$pid', /^believed 0$/],
  ])('a file with %s', (_, text, answer) => {
    expect(ask(shell, `${begun('')}\nfile=of-root/pid; echo ${text} >$file`)).toMatch(answer);
  });

  test('a process that was there before is not what was started', () => {
    const commands = `file=of-root/pid; echo $ELDER >$file; pid=0`;
    const before = 'sleep 100 >/dev/null 2>&1 & ELDER=$!; export ELDER; sleep 0.05;';
    expect(ask(shell, `${commands}\npids=$ELDER`, { before })).toBe('refused: was there before');
  });
});

const asRoot = isRoot ? describe : describe.skip;

asRoot('of files and processes of root (0) and an ordinary user (65534)', () => {
  test.each([
    [
      "root's file where only root writes names anybody's process",
      `${begun(asUser)}\nfile=of-root/pid; echo $pid >$file`,
    ],
    ["root's file in a directory for all names root's process", `${begun('')}\nfile=tmp/pid; echo $pid >$file`],
    ["a user's file names the user's process", `${begun(asUser)}\nfile=tmp/pid; ${byUser('$pid')}`],
    ["a user's file in the user's directory, too", `${begun(asUser)}\nfile=of-user/pid; ${byUser('$pid')}`],
    ["the service's user is believed", `nixproc_user_id=65534\n${begun(asUser)}\nfile=tmp/pid; ${byUser('$pid')}`],
    [
      'root is believed about a process of the service that a start of its own made as root',
      `nixproc_user_id=65534\n${begun('')}\nfile=tmp/pid; echo $pid >$file`,
    ],
  ])('%s', (_, commands) => {
    expect(ask('/bin/dash', commands)).toBe('believed 0');
  });

  test.each([
    [
      "a user's file names root's process",
      `${begun('')}\nfile=tmp/pid; ${byUser('$pid')}`,
      "refused: is user 0's, but the file is user 65534's",
    ],
    [
      'the same where the file was root’s until the user put another in its place',
      `${begun('')}\nfile=of-user/pid; echo 7 >$file; user rm -f $file; ${byUser('$pid')}`,
      "refused: is user 0's, but the file is user 65534's",
    ],
    [
      "root's file in a directory for all names a user's process",
      `${begun(asUser)}\nfile=tmp/pid; echo $pid >$file`,
      "refused: is user 65534's, but the file is user 0's",
    ],
    [
      "a process of root's that has lowered its rights for a moment",
      `begin perl -e '$> = 65534; $0 = "sleep"; sleep 100'
until [ "$(cat /proc/$pid/comm)" = sleep ]; do sleep 0.01; done
file=tmp/pid; ${byUser('$pid')}`,
      "refused: is user 0's, but the file is user 65534's",
    ],
    [
      "a link to another service's PID file",
      `${begun('')}\necho $pid >of-root/other; file=of-user/pid; user ln -s ../of-root/other $file`,
      'refused:',
    ],
    [
      "another name of another service's PID file",
      `${begun('')}\necho $pid >of-root/other; file=of-user/pid; ln of-root/other $file`,
      'refused:',
    ],
    [
      "a file of somebody who is neither root nor the service's user",
      `nixproc_user_id=1\n${begun(asUser)}\nfile=tmp/pid; ${byUser('$pid')}`,
      "refused: is named by a file of user 65534, who is neither root nor the service's user",
    ],
    [
      'a process in a PID namespace of its own, by what it is called outside',
      `begin unshare --pid --fork --kill-child sleep 100
until [ -n "\${inner-}" ]; do sleep 0.01; read -r inner </proc/$pid/task/$pid/children; done 2>/dev/null
file=of-root/pid; echo $inner >$file`,
      'refused: is of another PID namespace',
    ],
    [
      'a directory that only root can write, below one that is not',
      `${begun(asUser)}\nmkdir of-user/sub; file=of-user/sub/pid; echo $pid >$file`,
      "refused: is user 65534's, but the file is user 0's",
    ],
  ])('not believed: %s', (_, commands, answer) => {
    expect(ask('/bin/dash', commands)).toBe(answer);
  });

  // FreeBSD and macOS: ps alone says what there is to know. Its answers are recorded here.
  test.each([
    ['a younger process of the same user', '501', '00:04', 'believed 0'],
    ['a younger process with an age in hours', '501', '01:00:08', 'believed 0'],
    ['an older process', '501', '2-01:00:08', 'refused: was there before'],
    ["another user's process", '0', '00:04', `refused: is user 0's, but the file is user 501's`],
  ])('without /proc: %s', (_, uid, age, answer) => {
    const tools = join(place.path, 'tools');
    mkdirSync(tools);
    writeFileSync(
      join(tools, 'ps'),
      `#!/bin/sh
# Of process 4242, and of the script, which is 1 day old.
last=; for word; do last=$word; done
case "$*" in
*state=*) [ $last = 4242 ] && echo 'S 1 4242 Mon Nov 30 20:58:55 2026' ;;
*ruid=*) [ $last = 4242 ] && echo '${uid} ${uid} ${uid}' ;;
*etime=*) if [ $last = 4242 ]; then echo '   ${age}'; else echo '1-00:00:00'; fi ;;
esac
`,
    );
    chmodSync(join(tools, 'ps'), 0o755);
    const commands = 'pid=4242; file=of-user/pid; echo 4242 >$file; chown 501 $file of-user';
    expect(
      ask('/bin/dash', commands, {
        path: `${tools}:${process.env['PATH'] ?? ''}`,
        before: `unshare --mount --propagation private /bin/sh -c 'mount -t tmpfs none /proc; exec /bin/dash ${place.path}/script' #`,
      }),
    ).toBe(answer);
  });
});
