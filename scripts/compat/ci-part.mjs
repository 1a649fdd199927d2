/**
 * What .ci/run tests on another release than its own: what depends most on the versions of Nix, Node.js, systemd, s6 and
 * supervisor, and needs neither a compiler nor containers.
 */
export const ciPart = {
  release: 'sid',
  /** For those tests; what else a test wants is npm's, and shared with the repository. */
  packages: [
    ...['nodejs', 'git', 'nix-bin', 'python3', 'procps', 'daemon', 'nginx-light', 'supervisor', 's6', 'execline'],
    ...['systemd', 'libpam-systemd', 'dbus', 'util-linux-extra', 'uidmap'],
  ],
  /** Seconds for the tests, after which they are ended. */
  limit: 480,
  tests: [
    ...['broken-models', 'evaluate-model', 'import-forms', 'nix-failure'].map(
      (name) => `test/evaluate/${name}.test.ts`,
    ),
    'test/profile/build-model.test.ts',
    ...['systemd', 'supervisord'].map((name) => `test/backends/${name}/`),
    // Over a real s6-svscan; the session's tests take as long as all of the others.
    ...['exit-codes', 'render', 'run-scripts', 'svscan'].map((name) => `test/backends/s6-rc/${name}.test.ts`),
  ],
};
