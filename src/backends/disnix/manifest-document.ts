import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReferenceScanner } from '../../profile/store-texts.js';
import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { DeployedProfile, DeployedUnit } from '../backend.js';
import { scriptActivationOf } from '../shared/script-activation.js';
import { shellQuote } from '../shared/shell-quote.js';

/** What nix/disnix-manifest.nix builds a manifest from. */
export interface ManifestDocument {
  /** The profile as a whole, which Disnix records. */
  readonly profile: string;
  /** How Disnix runs activities on this machine: the program that DISNIX_CLIENT_INTERFACE names. */
  readonly clientInterface: string;
  /** What builds the components: a shell, and the package of the coreutils. */
  readonly shell: string;
  readonly coreutils: string;
  readonly shellReferences: readonly string[];
  readonly coreutilsReferences: readonly string[];
  readonly processes: readonly {
    readonly name: string;
    /** The text of the script that starts the process when it is called without arguments. */
    readonly script: string;
    /** Store paths that the script refers to. */
    readonly references: readonly string[];
    /** What Dysnomia reads besides the program: shell variables. */
    readonly specification: string;
    /** Names of processes. */
    readonly dependencies: readonly string[];
  }[];
}

const builderSchema = z.object({ shell: z.string(), coreutils: z.string() });

/** What `profileData` wrote into the manifest of the profile. */
const builderOf = (data: JsonObject): z.infer<typeof builderSchema> => builderSchema.parse(data);

/**
 * Describes the manifest of a generation.
 *
 * @param units the processes of the manifest: those of the profile, or none, for a manifest that ends all of them
 * @param scanner knows the store paths that the profile refers to
 */
export const manifestDocument = async (
  { path, data }: DeployedProfile,
  units: readonly DeployedUnit[],
  clientInterface: string,
  scanner: ReferenceScanner,
): Promise<ManifestDocument> => {
  const { shell, coreutils } = builderOf(data);
  const ours = units.filter(({ isLaidOut }) => isLaidOut !== true);
  const names = new Map(ours.map(({ instance, name }) => [instance, name]));
  return {
    profile: path,
    clientInterface,
    shell,
    coreutils,
    shellReferences: scanner.scan(shell),
    coreutilsReferences: scanner.scan(coreutils),
    processes: await Promise.all(
      ours.map(async (unit) => {
        const { script, pidFile } = scriptActivationOf(unit);
        const text = await readFile(join(unit.profile, script), 'utf8');
        return {
          name: unit.name,
          script: text,
          references: scanner.scan(text),
          specification: pidFile === null ? '' : `pidFile=${shellQuote(pidFile)}\n`,
          // What is no process of ours (a package) is none of Disnix' either.
          dependencies: unit.dependencies.flatMap((instance) => names.get(instance) ?? []),
        };
      }),
    ),
  };
};
