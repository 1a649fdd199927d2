import { expect, jest, test } from '@jest/globals';
import { canThrowAway, inThrowAwayRoot } from '../support/throw-away-root.js';
import { modelText } from '../evaluate/support/evaluation.js';

jest.setTimeout(120_000);

// As nix-setup-systemd of Debian 13 sets Nix up, for a user whom nobody has made a trusted one.
const setUp = `
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /nix /etc/nix /untrusted
mount -t tmpfs -o mode=755 tmpfs /nix
useradd -M -d /untrusted -s /bin/sh untrusted
groupadd -f nixbld
for number in 1 2 3; do useradd -g nixbld -G nixbld -M -d /nowhere -s /usr/sbin/nologin builder$number; done
printf 'sandbox = true\\nsubstitute = false\\n' > /etc/nix/nix.conf
mkdir -p /nix/store /nix/var/nix/daemon-socket /nix/var/nix/profiles/per-user /nix/var/nix/gcroots/per-user
chgrp nixbld /nix/store; chmod 1775 /nix/store
chmod 1777 /nix/var/nix/profiles/per-user /nix/var/nix/gcroots/per-user
cat > /untrusted/processes.nix
chown -R untrusted /untrusted; chmod 755 /untrusted
nix-daemon > /dev/null 2>&1 &
until [ -S /nix/var/nix/daemon-socket/socket ]; do sleep 0.05; done
build() {
  setpriv --reuid untrusted --regid untrusted --init-groups env -i HOME=/untrusted PATH=/usr/bin:/bin "$@" \\
    "$NODE" "$REPOSITORY/bin/nix-processmgmt-ts" build -P sysvinit --no-out-link --state-dir /untrusted/state \\
    --force-disable-user-change /untrusted/processes.nix 2>&1 || echo "exit code $?"
}
`;

const model = modelText(
  '{ one.pkg = createManagedProcess { name = "one"; foregroundProcess = "${pkgs.coreutils}/bin/sleep"; args = [ "1000" ]; }; }',
);

(canThrowAway ? test : test.skip)(
  'a sandbox that the daemon does not open for a user is told with ways out, which work (needs root: mounts a store)',
  async () => {
    const script = setUp.replace(
      'cat > /untrusted/processes.nix',
      `cat > /untrusted/processes.nix <<'END'\n${model}\nEND`,
    );
    const { exitCode, stdout, stderr } = await inThrowAwayRoot(`
      NODE=${process.execPath}
      ${script}
      build NIX_REMOTE=daemon
      echo ----
      build NIX_REMOTE=local NIX_STORE_DIR=/untrusted/nix/store NIX_STATE_DIR=/untrusted/nix/var/nix NIX_LOG_DIR=/untrusted/nix/var/log/nix
    `);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const [refused, own] = stdout.split('----\n');
    expect(refused).toMatch(
      /cannot be built\n {2}why: Nix builds in a sandbox, in which there is no \S*bash[^]*fix: Have a store of your own[^]*trusted-users = root untrusted[^]*exit code 5\n$/,
    );
    expect(own).toMatch(/\/untrusted\/nix\/store\/[0-9a-z]{32}-processes\n$/);
  },
);
