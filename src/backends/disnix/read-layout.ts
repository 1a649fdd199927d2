import { stat } from 'node:fs/promises';
import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout, LayoutDirectories } from '../backend.js';
import { filesIn } from '../shared/read-tree.js';
import { nameProblem } from '../shared/script-name.js';
import type { ScriptActivation } from '../shared/script-activation.js';
import { splitWords } from '../shared/split-words.js';
import { recordFileOf } from './config.js';
import { specificationPath } from './process-paths.js';

/** What Dysnomia's module "process" reads: assignments of a shell. */
export interface ProcessSpecification {
  /** The program that starts the process. */
  readonly process: string;
  readonly pidFile: string | null;
}

/** Reads what Dysnomia reads of a process; null for what names no program. */
export const parseSpecification = (text: string): ProcessSpecification | null => {
  const values = new Map<string, string>();
  try {
    for (const word of splitWords(text)) {
      const [, name, value] = /^([A-Za-z]+)=([^]*)$/.exec(word) ?? [];
      if (name !== undefined && value !== undefined) values.set(name, value);
    }
  } catch {
    return null;
  }
  const process = values.get('process') ?? '';
  return process.startsWith('/') ? { process, pidFile: values.get('pidFile') ?? null } : null;
};

/** Marks, among the properties of a unit, one that Dysnomia has started. */
export const startedByDysnomia = 'Dysnomia';

/** A process that only Dysnomia's words tell of. */
export const unitOfSpecification = (
  name: string,
  text: string,
  { process, pidFile }: ProcessSpecification,
  { runtimeDir, logDir }: LayoutDirectories,
): LaidOutUnit => {
  const activation: ScriptActivation = {
    script: specificationPath(name),
    // Dysnomia's own default.
    pidFile: pidFile ?? `${runtimeDir}/${process.slice(process.lastIndexOf('/') + 1)}.pid`,
    recordFile: recordFileOf(runtimeDir, name),
    wrapped: false,
    logFile: `${logDir}/nixproc-${name}.log`,
  };
  return { name: name as ProcessName, dependencies: [], rank: null, properties: { specification: text }, activation };
};

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/**
 * Processes in etc/dysnomia/process: each is a program that starts it, and its PID file. Where the root is a file, it may be a
 * manifest of Disnix.
 */
export const readLayout = async (root: string, directories: LayoutDirectories): Promise<Layout | null> => {
  if (await isFile(root)) return (await import('./coordinator-manifest.js')).readCoordinatorManifest(root, directories);
  const files = await filesIn(root, specificationPath(''), /^/);
  const units = files.flatMap(({ name, text }) => {
    const specification = nameProblem(name) === null ? parseSpecification(text) : null;
    return specification === null ? [] : [unitOfSpecification(name, text, specification, directories)];
  });
  return units.length === 0 ? null : { units, data: {} };
};
