import { loadBackend, parseManagerName } from '../backends/registry.js';
import * as z from '../system/schema.js';
import type { ManifestUnit, OwnManifest } from './manifest.js';
import { damagedManifest } from './parse-manifest.js';

type Parser = (activation: ManifestUnit['activation']) => unknown;

const parserFor = async ({ manager, data }: OwnManifest): Promise<Parser> =>
  (await loadBackend(parseManagerName(manager))).activationParser(data);

/**
 * Looks whether everything is in a manifest that activation is going to need, before it is needed.
 *
 * @param file where it comes from, for messages
 * @throws UnreadableManifestError naming the first process instance for which it is not
 */
export const checkActivation = async (manifest: OwnManifest, file: string): Promise<OwnManifest> => {
  if (manifest.units.length === 0) return manifest;
  let instance: string | null = null;
  try {
    const parse = await parserFor(manifest);
    for (const unit of manifest.units) {
      ({ instance } = unit);
      parse(unit.activation);
    }
    return manifest;
  } catch (cause) {
    const words = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    const where = instance === null ? 'its data' : `process instance "${instance}"`;
    throw damagedManifest(file, new Error(`${where}: ${words}`, { cause }));
  }
};

/** The units of a manifest that activation could work with; none when the manifest does not say for which manager. */
export const soundUnits = async (manifest: OwnManifest): Promise<readonly ManifestUnit[]> => {
  try {
    const parse = await parserFor(manifest);
    return manifest.units.filter(({ activation }) => {
      try {
        parse(activation);
        return true;
      } catch {
        return false;
      }
    });
  } catch {
    return [];
  }
};
