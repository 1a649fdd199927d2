import { createHash } from 'node:crypto';
import type { Backend, RenderedUnit } from '../../../src/backends/backend.js';
import type { ManagedProcess } from '../../../src/model/process-model.js';
import { unitContext, type UnitSurroundings } from '../../backends/support/render-unit.js';

// Every tool that some manager asks for: what is found is not what is tested.
const allTools = new Proxy<Record<string, string>>({}, { get: (_, name) => (name === 'shell' ? '/bin/sh' : '/usr') });

/** What a manager makes of a process. */
export interface Rendered {
  readonly unit: RenderedUnit;
  /** Scripts that it refers to in the store. */
  readonly texts: readonly string[];
  /** What the manager cannot express. */
  readonly unsupported: readonly string[];
}

export const renderedBy = (backend: Backend, process: ManagedProcess, surroundings: UnitSurroundings): Rendered => {
  const texts: string[] = [];
  const base = unitContext(process, surroundings);
  const context = {
    ...base,
    instance: { ...base.instance, tools: allTools },
    storeText: (name: string, text: string): string => {
      texts.push(text);
      return `/nix/store/${createHash('sha256').update(text).digest('hex').slice(0, 32)}-${name}`;
    },
  };
  const { arguments: args, unsupported } = backend.translate(process, context);
  return { unit: backend.render(args, context, new Map()), texts, unsupported };
};
