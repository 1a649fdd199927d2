import { describe, expect, test } from '@jest/globals';
import type { Backend } from '../../src/backends/backend.js';
import { loadBackend, managerNames, parseManagerName } from '../../src/backends/registry.js';
import type { ManagedProcess } from '../../src/model/process-model.js';
import { changedProperties } from '../../src/plan/changed-properties.js';
import { managedProcess } from '../backends/support/render-unit.js';
import { renderedBy } from './support/rendered-by.js';

const command = { executable: '/bin/webapp', args: [] };
const forms = { foreground: { foreground: command }, daemon: { daemon: command } };

/** What a switch would tell as the reasons for a restart. */
const reasonsFor = (backend: Backend, before: Partial<ManagedProcess>, after: Partial<ManagedProcess>) => {
  const [one, other] = [before, after].map(
    (process) => renderedBy(backend, managedProcess(process), { root: '/somewhere' }).unit,
  );
  if (one === undefined || other === undefined) throw new Error('two are rendered');
  return {
    restart: changedProperties(one.properties, other.properties),
    reload: changedProperties(one.reloadProperties ?? {}, other.reloadProperties ?? {}),
  };
};

describe.each(managerNames)('under %s', (name) => {
  test.each(['foreground', 'daemon'] as const)(
    'another description neither restarts nor reloads a %s process',
    async (form) => {
      const backend = await loadBackend(parseManagerName(name));
      const process = { ...forms[form], initialize: 'true', environment: { PORT: '5000' } };
      expect(
        reasonsFor(backend, { ...process, description: 'A' }, { ...process, description: 'Another <one> & "more"' }),
      ).toEqual({ restart: [], reload: [] });
    },
  );

  test.each(['foreground', 'daemon'] as const)(
    'another value of one variable restarts a %s process, for that reason alone',
    async (form) => {
      const backend = await loadBackend(parseManagerName(name));
      const withPort = (port: string) => ({ ...forms[form], environment: { PORT: port, OTHER: 'x' } });
      const { restart } = reasonsFor(backend, withPort('5000'), withPort('5001'));
      expect(restart).toEqual([expect.stringMatching(/PORT\b.*: .*5000.* → .*5001/)]);
      expect(reasonsFor(backend, withPort('5000'), withPort('5000'))).toEqual({ restart: [], reload: [] });
    },
  );
});
