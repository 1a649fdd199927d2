import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import { parseOnce } from '../shared/parse-once.js';

const account = { name: z.string() };
const written = z.object({
  kind: z.literal('written'),
  /** The name of the image without its tag. */
  repository: z.string(),
  tag: z.string(),
  contents: z.array(z.string()),
  runAsRoot: z.string(),
  /** What the image says of its containers, in Docker's words. */
  config: z.record(z.string(), z.json()),
  groups: z.array(z.object({ ...account, gid: z.nullable(z.int()) })),
  users: z.array(
    z.object({
      ...account,
      uid: z.nullable(z.int()),
      group: z.nullable(z.string()),
      description: z.string(),
      homeDir: z.nullable(z.string()),
      shell: z.nullable(z.string()),
    }),
  ),
  /** Further users that the process runs as, who are nobody's in particular. */
  otherUsers: z.array(z.string()),
  /** Symbolic links: from the path in the image to where they lead. */
  links: z.record(z.string(), z.string()),
});

const archive = z.object({ kind: z.literal('archive'), path: z.string(), tag: z.nullable(z.string()) });

const activationData = z.object({
  containerName: z.string(),
  image: z.discriminatedUnion('kind', [written, archive]),
  /** Words for `create` before the image. */
  createArguments: z.array(z.string()),
  /** Words for `create` after the image; empty for the image's own command. */
  command: z.array(z.string()),
  /** The packages are the host's own programs: the container gets the host's directories. */
  hostPrograms: z.boolean(),
  /** Where the store is, and what a script of the image is run with. */
  store: z.string(),
  shell: z.string(),
  coreutils: z.string(),
  /** Words that look once, in the container, whether the process is ready; null where nobody has to look. */
  readinessCheck: z._default(z.nullable(z.array(z.string())), null),
});

/** An image as it is known before the machine is: numbers of users and what the host looks like are not in it. */
export type WrittenImage = Readonly<z.infer<typeof written>>;
export type ArchivedImage = Readonly<z.infer<typeof archive>>;

/** What activation has to know of a container when only the manifest is there. */
export type ActivationData = Readonly<z.infer<typeof activationData>>;

export const toActivation = ({ readinessCheck, ...data }: ActivationData): JsonObject => ({
  ...data,
  ...(readinessCheck === null ? {} : { readinessCheck }),
});

/** @throws ZodError for what toActivation did not make. */
export const fromActivation: (activation: JsonObject) => ActivationData = parseOnce(activationData);
