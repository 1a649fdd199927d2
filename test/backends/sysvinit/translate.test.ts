import { expect, test } from '@jest/globals';
import { translate } from '../../../src/backends/sysvinit/translate.js';
import type { ManagedProcess } from '../../../src/model/process-model.js';
import { ModelError } from '../../../src/system/errors.js';
import { managedProcess, unitContext } from '../support/render-unit.js';

const daemon = { executable: '/store/bin/webd', args: ['-D', '-p', '80'] };
const foreground = { executable: '/store/bin/web', args: ['-p', '80'] };

const translated = (process: Partial<ManagedProcess>) => {
  const managed = managedProcess(process);
  return translate(managed, unitContext(managed, { root: '/srv', dependencies: ['database'] }));
};

test.each([
  ['a daemon', { daemon }, { process: '/store/bin/webd', args: ['-D', '-p', '80'], processIsDaemon: true }],
  ['a foreground process', { foreground }, { process: '/store/bin/web', args: ['-p', '80'], processIsDaemon: false }],
  ['what can be both', { daemon, foreground }, { process: '/store/bin/webd', processIsDaemon: true }],
])('%s is run as what it is best at', (_, process, expected) => {
  expect(translated(process).arguments).toMatchObject(expected);
});

test('every property has an argument, and nothing is beyond an init script', () => {
  const process: Partial<ManagedProcess> = {
    daemon,
    instanceName: 'web1',
    description: 'Web server',
    initialize: 'mkdir -p /srv/web',
    pidFile: '/run/web1.pid',
    path: ['/store/php'],
    environment: { PORT: '80' },
    directory: '/srv/web',
    umask: '027',
    nice: 5,
    user: 'web',
    credentials: {
      groups: [{ name: 'web', gid: null, attributes: {} }],
      users: [
        {
          name: 'web',
          uid: 7,
          group: 'web',
          description: null,
          homeDir: null,
          createHomeDir: false,
          shell: null,
          attributes: { group: 'web', uid: '7' },
        },
      ],
    },
  };
  expect(translated(process)).toEqual({
    unsupported: [],
    arguments: {
      name: 'service',
      instanceName: 'web1',
      description: 'Web server',
      initialize: 'mkdir -p /srv/web',
      process: '/store/bin/webd',
      args: ['-D', '-p', '80'],
      processIsDaemon: true,
      pidFile: '/run/web1.pid',
      path: ['/store/php'],
      environment: { PORT: '80' },
      directory: '/srv/web',
      umask: '027',
      nice: 5,
      user: 'web',
      dependencies: ['database'],
      credentials: { groups: { web: {} }, users: { web: { group: 'web', uid: '7' } } },
    },
  });
});

test('a process without a command is a mistake that names the instance', () => {
  expect(() => translated({})).toThrow(new ModelError({ what: 'Process instance "service" has nothing to run' }));
});
