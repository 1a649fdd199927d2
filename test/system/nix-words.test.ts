import { expect, test } from '@jest/globals';
import { buildsElsewhere, explainSandbox, inOlderWords, settingInTheWay } from '../../src/system/nix-words.js';

test('Nix 2.34 says over several lines what older ones say in one', () => {
  const said = `error: Cannot build '/nix/store/lff7sqwir517x3lc7zl4awj31sqqrx4z-broken.drv'.
       Reason: builder failed with exit code 3.
       Output paths:
         /nix/store/f5ar1wqwz0f1a0dd647ya3smqmhir7qn-broken
error: build of '/nix/store/lff7sqwir517x3lc7zl4awj31sqqrx4z-broken.drv' failed`;
  expect(inOlderWords(said))
    .toBe(`error: builder for '/nix/store/lff7sqwir517x3lc7zl4awj31sqqrx4z-broken.drv' failed with exit code 3
error: build of '/nix/store/lff7sqwir517x3lc7zl4awj31sqqrx4z-broken.drv' failed`);
  expect(inOlderWords("Cannot build '/s/a.drv'.\nReason: 1 dependency failed.\nOutput paths:\n  /s/a\n")).toBe(
    "1 dependencies of derivation '/s/a.drv' failed to build\n",
  );
  expect(inOlderWords("Cannot build '/s/a.drv'.\nReason: platform mismatch.")).toBe(
    "cannot build '/s/a.drv': platform mismatch",
  );
  expect(inOlderWords("cannot build '/s/a.drv' during evaluation")).toBe("cannot build '/s/a.drv' during evaluation");
});

const nothing = '\0\0\0\0';
const hidden = {
  // The daemon's own bytes are in the build log.
  '2.8': `building '/nix/store/x-coreutils-host.drv'...\n\u0001\n\u0005${nothing}Error${nothing}executing '/bin/sh': No such file or directory${nothing}\nerror: builder for '/nix/store/x-coreutils-host.drv' failed with exit code 1;`,
  '2.26': `warning: ignoring the client-specified setting 'sandbox', because it is a restricted setting and you are not a trusted user
error: executing '/bin/sh': No such file or directory
error: builder for '/nix/store/x-coreutils-host.drv' failed with exit code 1;`,
  '2.34': `warning: ignoring the client-specified setting 'sandbox', because it is a restricted setting and you are not a trusted user
error: Cannot build '/nix/store/x-coreutils-host.drv'.
       Reason: builder failed with exit code 1.
       Last 1 log lines:
       > error: executing '/bin/sh': No such file or directory`,
};
test.each(Object.entries(hidden))(
  'a sandbox that hides the programs of the machine is told (Nix %s)',
  (version, said) => {
    const { why = '', fix = '' } = explainSandbox(said) ?? {};
    expect(why).toContain('in which there is no /bin/sh');
    expect(why).toContain(version === '2.8' ? 'whom it trusts' : "ignoring the client-specified setting 'sandbox'");
    expect(fix).toContain('NIX_REMOTE=local');
    expect(fix).toContain('trusted-users = root');
  },
);

test('a builder that is not there is no matter of the sandbox', () => {
  expect(explainSandbox("error: executing '/nowhere/bash': No such file or directory")).toBeNull();
  expect(explainSandbox("error: builder for '/nix/store/x.drv' failed with exit code 1")).toBeNull();
});

test.each([
  ["access to absolute path '/tool' is forbidden in pure eval mode (use '--impure' to override)", 'pure-eval = false'],
  ["access to absolute path '/tool' is forbidden in pure evaluation mode", 'pure-eval = false'],
  ["access to absolute path '/tool/nix/evaluate.nix' is forbidden in restricted mode", 'restrict-eval = false'],
  [
    "cannot build '/s/a.drv^out' during evaluation because the option 'allow-import-from-derivation' is disabled",
    'allow-import-from-derivation = true',
  ],
])('the setting is named that is in the way: %s', (said, setting) => {
  expect(settingInTheWay(said)).toContain(`NIX_CONFIG='${setting}'`);
});

test('a directory that Nix does not build in has ways out', () => {
  expect(
    buildsElsewhere('error: Path "/tmp" is world-writable or a symlink. That\'s not allowed for security.'),
  ).toContain('build-dir');
  expect(buildsElsewhere('error: no')).toBeNull();
});
