import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend, DeployedUnit, ManagerSession, UnitOutcome } from '../../../src/backends/backend.js';
import type { Method } from './methods.js';

const fine = (units: readonly DeployedUnit[]): Promise<readonly UnitOutcome[]> =>
  Promise.resolve(units.map(({ instance }) => ({ instance, ok: true, detail: null })));

const nothing = (): Promise<void> => Promise.resolve();

/** Each method as one that does nothing and reports success. */
const idle: { readonly [Name in Method]: NonNullable<ManagerSession[Name]> } = {
  observe: (units) =>
    Promise.resolve(
      new Map(units.map(({ instance }) => [instance, { state: 'running', pid: null, since: null, detail: null }])),
    ),
  stop: fine,
  install: nothing,
  start: fine,
  restart: (changes) => fine(changes.map(({ after }) => after)),
  reload: fine,
  finish: nothing,
  drift: () => Promise.resolve({ changed: [], extras: [] }),
  awaitsReadiness: () => true,
  logs: () => ({ kind: 'files', paths: [] }),
  loss: () => null,
  requireReturn: () => undefined,
  awaitOrphans: nothing,
  isWanted: () => true,
  restartsBesides: () => Promise.resolve(new Map()),
  remarks: () => Promise.resolve([]),
  collisions: () => Promise.resolve([]),
  writtenAtStart: () => [],
  supervise: nothing,
};

/** What is said when a session has no such method. */
export const withoutMethod = 'this session has no such method';

/**
 * The backend whose session does nothing where the file `mutant` beside this program says so ("sysvinit stop"); any other
 * backend as it is.
 */
export const mutated = (backend: Backend): Backend => {
  const [manager, method] = readFileSync(join(__dirname, 'mutant'), 'utf8').trim().split(' ');
  if (backend.name !== manager) return backend;
  return {
    ...backend,
    connect: async (context) => {
      const session = await backend.connect(context);
      const name = method as Method;
      if (session[name] === undefined) throw new Error(withoutMethod);
      // Sessions that are objects of a class have private parts, which only they themselves can see.
      return new Proxy(session, {
        get: (target, property): unknown => {
          if (property === name) return idle[name];
          const value: unknown = Reflect.get(target, property, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
};
