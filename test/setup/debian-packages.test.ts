import { expect, test } from '@jest/globals';
import { canThrowAway, inThrowAwayRoot } from '../support/throw-away-root.js';

// Real packages are installed, into a throw-away copy of the machine, which takes root.
const testAsRoot = canThrowAway ? test : test.skip;

const snapshot = `
snapshot() {
  find /etc/rc?.d /etc/systemd \\( -path '/etc/rc?.d/*' -o -path '*.wants/*' -o -path '*.requires/*' \\) | sort
  ls -d /etc/systemd/system-preset/* /usr/sbin/policy-rc.d* 2>/dev/null || true
  cat /usr/sbin/policy-rc.d 2>/dev/null || true
}
`;

testAsRoot(
  'installing missing packages starts no service, enables none, and leaves policy and presets as they were',
  async () => {
    const { exitCode, stdout, stderr } = await inThrowAwayRoot(`
      ${snapshot}
      dpkg --purge nginx-light nginx nginx-common libnginx-mod-http-echo supervisor >/dev/null 2>&1
      rm -f /usr/sbin/policy-rc.d
      snapshot > /run/before
      node --input-type=module -e '
        const { provideDebianPackages } = await import(process.env.REPOSITORY + "/scripts/setup/debian-packages.mjs");
        provideDebianPackages();
      '
      snapshot > /run/after
      diff /run/before /run/after
      test -x /usr/sbin/nginx -a -x /usr/bin/supervisord
      test ! -e /etc/rc3.d/S01nginx -a ! -e /etc/systemd/system/multi-user.target.wants/nginx.service
      echo "services: $(cat /proc/[0-9]*/comm | grep -cE '^(nginx|supervisord)' || true)"
    `);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: 'services: 0\n',
      stderr: 'setup: installing Debian packages: nginx-light supervisor\n',
    });
  },
  300_000,
);

/** A script around withoutServices, whose action is \`action\`. */
const around = (action: string): string => `
  node --input-type=module -e '
    const { withoutServices } = await import(process.env.REPOSITORY + "/scripts/setup/without-services.mjs");
    const { execSync } = await import("node:child_process");
    await withoutServices(async () => { ${action} });
  '`;

testAsRoot('a policy of the administrator is back after an installation that failed', async () => {
  const { exitCode, stdout } = await inThrowAwayRoot(`
    ${snapshot}
    printf '#!/bin/sh\\n# of the administrator\\nexit 104\\n' > /usr/sbin/policy-rc.d
    snapshot > /run/before
    ${around('throw new Error("no space left on device")')} 2>/dev/null || echo "failed as it should"
    snapshot > /run/after
    diff /run/before /run/after
    grep -c 'of the administrator' /usr/sbin/policy-rc.d
  `);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'failed as it should\n1\n' });
});

testAsRoot('links that a package makes for itself are taken away again', async () => {
  const { exitCode, stdout, stderr } = await inThrowAwayRoot(`
    ${snapshot}
    snapshot > /run/before
    ${around(`
      execSync("mkdir -p /etc/systemd/system/new.target.wants");
      execSync("ln -s /lib/systemd/system/a.service /etc/systemd/system/new.target.wants/a.service");
      execSync("ln -s ../init.d/a /etc/rc3.d/S01a");
    `)}
    snapshot > /run/after
    diff /run/before /run/after
    test ! -e /etc/systemd/system/new.target.wants
  `);
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

testAsRoot(
  'the installation after one that was killed puts the policy back that the killed one had saved',
  async () => {
    const { exitCode, stdout } = await inThrowAwayRoot(`
    ${snapshot}
    printf '#!/bin/sh\\n# of the administrator\\nexit 104\\n' > /usr/sbin/policy-rc.d
    snapshot > /run/before
    ${around('process.kill(process.pid, "SIGKILL")')} 2>/dev/null || true
    grep -c 'of the administrator' /usr/sbin/policy-rc.d || true
    ${around('')}
    snapshot > /run/after
    diff /run/before /run/after
  `);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '0\n' });
  },
);

testAsRoot('an installation that is told to end puts everything back first', async () => {
  const { exitCode, stdout } = await inThrowAwayRoot(`
    ${snapshot}
    rm -f /usr/sbin/nginx
    printf '#!/bin/sh\\nexec sleep 60\\n' > /usr/local/bin/apt-get
    chmod +x /usr/local/bin/apt-get
    snapshot > /run/before
    node "$REPOSITORY/scripts/setup/install-debian-packages.mjs" 2>/dev/null &
    until grep -q 'nix-processmgmt-ts' /usr/sbin/policy-rc.d; do sleep 0.05; done
    until grep -qx sleep /proc/[0-9]*/comm; do sleep 0.05; done
    kill -TERM $!
    wait $! || echo "exit code: $?"
    snapshot > /run/after
    diff /run/before /run/after
  `);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'exit code: 143\n' });
});

testAsRoot('an ordinary user is told what to install, and nothing is done', async () => {
  const { exitCode, stdout, stderr } = await inThrowAwayRoot(`
    rm -f /usr/sbin/nginx /usr/bin/daemon
    cp -r "$REPOSITORY/scripts" /tmp/scripts
    setpriv --reuid=65534 --regid=65534 --clear-groups node /tmp/scripts/setup.mjs || echo "exit code: $?"
  `);
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: 'exit code: 1\n',
    stderr:
      'setup: Debian packages are missing. Install them as root, then run this command again:\n' +
      '  apt-get install --no-install-recommends nginx-light daemon\n',
  });
});
