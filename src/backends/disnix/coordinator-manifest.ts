import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import type { ProcessName } from '../../model/process-model.js';
import { readRegularFile } from '../../state/regular-file.js';
import * as z from '../../system/schema.js';
import type { LaidOutUnit, Layout, LayoutDirectories } from '../backend.js';
import { nameProblem } from '../shared/script-name.js';
import { parseSpecification, startedByDysnomia, unitOfSpecification } from './read-layout.js';
import { specificationPath } from './process-paths.js';

/**
 * Reads the manifests of Disnix that nix-processmgmt deploys (version 2: xsl/generatemanifest.xsl of Disnix; nixproc/backends/
 * disnix/build-disnix-env.nix of nix-processmgmt): all services are processes of this machine.
 */

const mapping = z.object({ service: z.string(), target: z.optional(z.string()) });
const mappings = z._default(z.object({ mapping: z._default(z.array(mapping), []) }), { mapping: [] });
const manifestSchema = z.object({
  manifest: z.object({
    services: z.object({
      service: z._default(
        z.array(
          z.object({
            key: z.string(),
            pkg: z.string(),
            type: z.string(),
            dependsOn: mappings,
          }),
        ),
        [],
      ),
    }),
    infrastructure: z.object({
      target: z.array(
        z.object({
          key: z.string(),
          properties: z.object({ property: z.array(z.object({ key: z.string(), '#text': z.optional(z.string()) })) }),
        }),
      ),
    }),
    serviceMappings: mappings,
  }),
});
type ManifestContents = z.infer<typeof manifestSchema>['manifest'];

/** Elements that a manifest has any number of. */
const repeated = new Set(['service', 'target', 'mapping', 'property']);

/** Empty elements have no text: what should hold elements holds none then. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  isArray: (name, path) => repeated.has(name) && !/mapping\.(?:service|target)$/.test(String(path)),
  transformAttributeName: (name) => (name === 'name' ? 'key' : name),
  tagValueProcessor: (_, value) => (value.trim() === '' ? undefined : value),
});

const parseManifest = (text: string): ManifestContents | null => {
  try {
    const document: unknown = JSON.parse(JSON.stringify(parser.parse(text)), (_, value: unknown) =>
      value === '' ? {} : value,
    );
    return manifestSchema.safeParse(document).data?.manifest ?? null;
  } catch {
    // Some other file.
    return null;
  }
};

/** Whether everything is a process of this machine alone: whatever else Disnix deploys is none of ours. */
const isOfProcesses = ({ services, infrastructure: { target }, serviceMappings }: ManifestContents): boolean => {
  const [machine] = target;
  const host = machine?.properties.property.find(({ key }) => key === 'hostname')?.['#text'];
  return (
    target.length === 1 &&
    host === 'localhost' &&
    services.service.length > 0 &&
    services.service.every(({ type }) => type === 'process') &&
    serviceMappings.mapping.every(({ target: at }) => at === machine?.key)
  );
};

/** The one process of a component: its name, and what Dysnomia reads of it. */
const processIn = (component: string): { readonly name: string; readonly text: string } | null => {
  try {
    const [name, ...others] = readdirSync(join(component, specificationPath('')));
    if (name === undefined || others.length > 0 || nameProblem(name) !== null) return null;
    return { name, text: readRegularFile(join(component, specificationPath(name))) };
  } catch {
    return null;
  }
};

/**
 * The processes of a manifest.
 *
 * @param file the manifest in the store
 * @param directories where state goes, for what a component leaves open
 * @returns null for another file, and for a manifest of anything but processes of this machine
 */
export const readCoordinatorManifest = (file: string, directories: LayoutDirectories): Layout | null => {
  const manifest = parseManifest(readRegularFile(file));
  if (manifest === null || !isOfProcesses(manifest)) return null;
  const found = manifest.services.service.flatMap((service) => {
    const process = processIn(service.pkg);
    const specification = process === null ? null : parseSpecification(process.text);
    return process === null || specification === null ? [] : [{ ...service, ...process, specification }];
  });
  // What is not understood would be left running.
  if (found.length < manifest.services.service.length) return null;
  const names = new Map(found.map(({ key, name }) => [key, name]));
  return {
    units: found.map(({ name, text, specification, dependsOn }): LaidOutUnit => {
      const unit = unitOfSpecification(name, text, specification, directories);
      return {
        ...unit,
        dependencies: dependsOn.mapping.flatMap(({ service }) => (names.get(service) ?? []) as ProcessName[]),
        properties: { ...unit.properties, startedBy: startedByDysnomia },
      };
    }),
    data: {},
  };
};

/**
 * Where Disnix keeps what nix-processmgmt has deployed last: the profile `default` of the calling user's coordinator.
 *
 * @returns the manifest in the store; null when there is none, or somebody else's
 */
export const coordinatorProfile = (env: Readonly<Record<string, string | undefined>>): string | null => {
  const link = join(
    env['NIX_STATE_DIR'] ?? '/nix/var/nix',
    'profiles/per-user',
    userInfo().username,
    'disnix-coordinator/default',
  );
  const owner = lstatSync(link, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || (owner !== 0 && owner !== process.geteuid?.())) return null;
  try {
    return realpathSync.native(link);
  } catch {
    return null;
  }
};
