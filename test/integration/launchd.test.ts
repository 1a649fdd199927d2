import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { createDeployment, type Deployment } from '../support/deployment.js';
import { switchAsPlanned } from '../support/plans.js';
import { statusOf } from '../support/status.js';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js';

/**
 * launchctl for a launchd that runs nothing: a job that is loaded is a file named after its label, and what it was loaded
 * from. Words and numbers are those of the real one.
 */
const launchctl = (state: string, domain: string): string => `#!/bin/bash
state=${state}/loaded
mkdir -p "$state"
echo "$*" >>${state}/calls
case $1 in
  print)
    if [ "$2" = ${domain} ]; then
      printf '%s = {\\n\\tservices = {\\n' "$2"
      for label in $(ls "$state"); do printf '\\t\\t     %s      - \\t%s\\n' "$(cat "$state/$label")" "$label"; done
      printf '\\t}\\n}\\n'
    elif [[ $2 != */* ]] || [[ $2 =~ ^(gui|user)/[0-9]+$ ]]; then
      echo 'Could not print domain: 125: Domain does not support specified action' >&2
      exit 125
    elif [ "\${2%/*}" = ${domain} ] && [ -e "$state/\${2##*/}" ]; then
      printf '%s = {\\n\\tstate = running\\n\\tpid = %s\\n}\\n' "$2" "$(cat "$state/\${2##*/}")"
    else
      printf 'Bad request.\\nCould not find service "%s" in domain for system\\n' "\${2##*/}" >&2
      exit 113
    fi ;;
  bootstrap)
    if [ "$2" != ${domain} ]; then
      echo 'Bootstrap failed: 125: Domain does not support specified action' >&2
      exit 125
    fi
    label=$(basename "$3" .plist)
    if [ -e "$state/$label" ]; then
      echo 'Bootstrap failed: 5: Input/output error' >&2
      exit 5
    fi
    echo "$((1000 + $(wc -l <${state}/calls)))" >"$state/$label" ;;
  bootout)
    if ! rm "$state/\${2##*/}" 2>/dev/null; then
      echo 'Boot-out failed: 3: No such process' >&2
      exit 3
    fi ;;
  *) exit 64 ;;
esac
`;

// The tests of one account are one story: each goes on where the one before has ended.
describe.each(accounts)("a deployment of $name's under a stand-in for launchd", (account) => {
  let place: TemporaryDirectory;
  let jobs: string;
  let deployment: Deployment;
  const domain = account.uid === 0 ? 'system' : `user/${account.uid}`;
  const deploy = (messages: Readonly<Record<string, string>> = {}) =>
    switchAsPlanned(deployment, '-P', 'launchd', ...deployment.modelOptions(messages), deployment.model);
  const calls = (): readonly string[] => {
    const file = join(place.path, 'state', 'calls');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    writeFileSync(file, '');
    return lines.filter((line) => !line.startsWith('print '));
  };

  beforeAll(async () => {
    place = await makeTemporaryDirectory();
    const state = join(place.path, 'state');
    jobs = join(place.path, 'jobs');
    for (const directory of [state, jobs, join(place.path, 'bin')]) {
      mkdirSync(directory);
      chmodSync(directory, 0o777);
    }
    writeFileSync(join(place.path, 'bin', 'launchctl'), launchctl(state, domain), { mode: 0o755 });
    deployment = await createDeployment(account, 'webapps', {
      LAUNCHD_TARGET_DIR: jobs,
      PATH: `${join(place.path, 'bin')}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    });
  });
  afterAll(async () => {
    await deployment.dispose();
    await place.remove();
  });

  const file = (name: string): string => join(jobs, `org.nixos.${name}.plist`);
  const tried = (name: string): readonly string[] => [
    ...(account.uid === 0 ? [] : [`bootstrap gui/${account.uid} ${file(name)}`]),
    `bootstrap ${domain} ${file(name)}`,
  ];

  test('a switch loads every job, what others depend on first', async () => {
    await deploy();
    expect(readdirSync(jobs).sort()).toEqual(['nginx', 'webapp1', 'webapp2'].map((name) => `org.nixos.${name}.plist`));
    const made = calls();
    expect(made.slice(-tried('nginx').length)).toEqual(tried('nginx'));
    expect([...made].sort()).toEqual(['nginx', 'webapp1', 'webapp2'].flatMap(tried).sort());
    for (const { state } of (await statusOf(deployment)).values()) expect(state).toBe('running');
  });

  test('a second switch does nothing and says so', async () => {
    calls();
    expect((await deploy()).stderr).toContain('nothing to do');
    expect(calls()).toEqual([]);
  });

  test('a changed job is unloaded and loaded again, and no other', async () => {
    await deploy({ webapp2: 'Changed' });
    expect(calls()).toEqual([`bootout ${domain}/org.nixos.webapp2`, ...tried('webapp2')]);
    expect(readFileSync(file('webapp2'), 'utf8')).toContain('<string>Changed</string>');
  });

  test('an undeployment unloads every job, dependents first, and leaves no file', async () => {
    await deployment.succeed('undeploy');
    expect(calls()[0]).toBe(`bootout ${domain}/org.nixos.nginx`);
    expect([readdirSync(jobs), readdirSync(join(place.path, 'state', 'loaded'))]).toEqual([[], []]);
  });
});

test('without launchctl it says that launchd is not there', async () => {
  const [account] = accounts;
  if (account === undefined) throw new Error('nobody can run the tests');
  const deployment = await createDeployment(account, 'webapps');
  try {
    const options = [...deployment.modelOptions(), deployment.model];
    const { exitCode, stderr } = await deployment.tool('switch', '-P', 'launchd', ...options);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 8, stderr: expect.stringContaining('macOS') as unknown });
  } finally {
    await deployment.dispose();
  }
});
