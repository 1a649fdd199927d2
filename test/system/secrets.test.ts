import { expect, test } from '@jest/globals';
import { changedProperties } from '../../src/plan/changed-properties.js';
import { looksSecret, maskProperty, maskSecrets } from '../../src/system/secrets.js';

test.each([
  ['DB_PASSWORD', true],
  ['PGPASSWORD', true],
  ['dbPasswd', true],
  ['SECRET_KEY_BASE', true],
  ['GITHUB_TOKEN', true],
  ['aws_access_key_id', true],
  ['API-KEY', true],
  ['AWS_CREDENTIALS', true],
  ['REDIS_PASS', true],
  ['signingKey', true],
  ['DB_PASSWORD_FILE', false],
  ['TOKEN_TTL', false],
  ['PWD', false],
  ['COMPASS', false],
  ['PASSENGER_ROOT', false],
  ['PATH', false],
  ['SSH_PUBLIC_KEY', false],
  ['MONKEY', false],
])('%s: a secret by its name? %s', (name, expected) => {
  expect(looksSecret(name)).toBe(expected);
});

test.each([
  ['server --password=hunter2 --port=80', 'server --password=*** --port=80'],
  ['server --password hunter2 --port 80', 'server --password *** --port 80'],
  [`sh -c 'exec server --token "two words"'`, `sh -c 'exec server --token ***'`],
  ['"DB_PASSWORD=two words" "PORT=80"', '"DB_PASSWORD=***" "PORT=80"'],
  [`export DB_PASSWORD='it'"'"'s me'; run`, 'export DB_PASSWORD=***; run'],
  ['/x/bin/export API_KEY abc\nrun', '/x/bin/export API_KEY ***\nrun'],
  ['postgres://web:hunter2@db:5432/web', 'postgres://web:***@db:5432/web'],
  ['--tls-key=/etc/key.pem --password-file=/run/secret', '--tls-key=/etc/key.pem --password-file=/run/secret'],
  ['http://127.0.0.1:8080/a@b says that the token is wrong', 'http://127.0.0.1:8080/a@b says that the token is wrong'],
])('in %s nothing is shown that looks like a secret', (text, expected) => {
  expect(maskSecrets(text)).toBe(expected);
});

test.each([
  ['environment.DB_PASSWORD', 'x', '***'],
  ['EnvironmentVariables.DB_PASSWORD', 'x', '***'],
  ['environment.DB_PASSWORD', '', ''],
  ['args', ['--password', 'two words', '--port', '80'], ['--password', '***', '--port', '80']],
  ['parameters', ['--env DB_PASSWORD=two words', '--env A=b'], ['--env DB_PASSWORD=***', '--env A=b']],
  ['Service', { Environment: ['A=b', 'DB_PASSWORD=two words'] }, { Environment: ['A=b', 'DB_PASSWORD=***'] }],
] as const)('the property %s is masked, whatever its form', (name, value, expected) => {
  expect(maskProperty(name, value)).toEqual(expected);
});

test('that a secret has changed is told, and nothing more', () => {
  const before = {
    environment: { TOKEN: 'one', PORT: '1' },
    command: 'server --password=one',
    args: ['--token', 'one'],
  };
  const after = {
    environment: { TOKEN: 'two', PORT: '2' },
    command: 'server --password=two',
    args: ['--token', 'two'],
  };
  const changes = changedProperties(before, after);
  const said = '(what is shown as *** has changed)';
  expect(changes).toEqual([
    `args: ["--token","***"] → ["--token","***"] ${said}`,
    `command: server --password=*** → server --password=*** ${said}`,
    'environment.PORT: 1 → 2',
    `environment.TOKEN: *** → *** ${said}`,
  ]);
  // A secret that comes or goes is told as that.
  expect(changedProperties({}, { 'environment.TOKEN': 'one' })).toEqual(['environment.TOKEN: (none) → ***']);
});
