import { synit } from '../../../../src/backends/synit/index.js';
import type { ManagedProcess, ProcessName } from '../../../../src/model/process-model.js';
import type { JsonObject } from '../../../../src/system/json.js';
import {
  managedProcess,
  renderDirect,
  renderManaged,
  type UnitOnDisk,
  type UnitSurroundings,
} from '../../support/render-unit.js';

export type Properties = Partial<Omit<ManagedProcess, 'name'>> & { readonly name?: string };

interface Place {
  readonly profile?: string;
  readonly overrides?: JsonObject;
}

/** The daemon of a process that createManagedProcess made. */
export const managedDaemon = (surroundings: UnitSurroundings, properties: Properties, place: Place = {}): UnitOnDisk =>
  renderManaged(
    synit,
    managedProcess({ ...properties, name: (properties.name ?? 'service') as ProcessName }),
    surroundings,
    place,
  );

/** The daemon that createSynitDaemon was told to make. */
export const directDaemon = (
  surroundings: UnitSurroundings,
  args: JsonObject & { readonly name: string },
): UnitOnDisk => renderDirect(synit, args, surroundings);

/** The assertions of a daemon, one a line. */
export const assertionsOf = ({ rendered }: UnitOnDisk): readonly string[] =>
  rendered.files.flatMap((file) => (file.kind === 'file' ? file.text.trimEnd().split('\n') : []));
