const columns = ['node', 'nix', 'systemd', 'supervisor', 's6', 'podman'];

const row = (cells) => `| ${cells.join(' | ')} |\n`;

/**
 * Markdown, as it stands in docs/compatibility.md, and below it what failed.
 *
 * @param results as runInRoot gives them
 */
export const showTable = (results) => {
  const head = ['Debian', 'Node.js', 'Nix', ...columns.slice(2), 'demo', 'passed', 'failed', 'skipped', 'seconds'];
  const rows = results.map(({ release, versions, demo, tests }) => [
    release,
    ...columns.map((column) => versions[column]),
    demo === null ? 'not run' : demo.ok ? 'passed' : 'failed',
    ...[tests.passed, tests.failed, tests.skipped, tests.seconds],
  ]);
  const failures = results.flatMap(({ release, tests }) => tests.failures.map((name) => `${release}: ${name}\n`));
  return [row(head), row(head.map(() => '---')), ...rows.map(row), ...failures].join('');
};
