/** Tests that attack, or that hold what is relied on when somebody attacks. */
export const attackFiles = [
  // Files and ports of other users, PID files of a service's user.
  'test/hostile/a-stranger-in-tmp.test.ts',
  'test/hostile/the-service-against-root.test.ts',
  // Which process a PID means, in scripts and in proxies.
  'test/backends/shared/process-identity.test.ts',
  'test/backends/shared/daemon-proxy.test.ts',
  'test/backends/sysvinit/whose-process.test.ts',
  // What is in the way of logs, PID files, locks and state files.
  'test/backends/sysvinit/in-the-way.test.ts',
  'test/state/profile-lock.test.ts',
  'test/backends/shared/read-tree.test.ts',
  'test/integration/files-in-the-way.test.ts',
  // Which processes are an instance's own, and what it inherits.
  'test/leftovers/family.test.ts',
  'test/integration/leftovers.test.ts',
  'test/conformance/inheritance.test.ts',
  // Runtime directories of others, and a supervisord that was lost.
  'test/backends/supervisord/own-server.test.ts',
  'test/integration/lost-directory.test.ts',
  'test/integration/lost-managers.test.ts',
  // What services and names say to a terminal.
  'test/integration/words-of-others.test.ts',
  'test/system/visible-text.test.ts',
];
