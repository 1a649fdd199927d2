import * as z from '../../src/system/schema.js';
import type { Deployment } from './deployment.js';

const rows = z.array(
  z.object({
    instance: z.string(),
    name: z.string(),
    manager: z.string(),
    state: z.string(),
    pid: z.nullable(z.number()),
    since: z.nullable(z.iso.datetime()),
    port: z.nullable(z.number()),
  }),
);
export type StatusRow = z.infer<typeof rows>[number];

/** What `status --json` says of each instance. */
export const statusOf = async (deployment: Deployment): Promise<ReadonlyMap<string, StatusRow>> => {
  const { stdout, stderr } = await deployment.tool('status', '--json');
  try {
    return new Map(rows.parse(JSON.parse(stdout)).map((row) => [row.instance, row]));
  } catch (cause) {
    throw new Error(`status --json said: ${stdout}${stderr}`, { cause });
  }
};

export const pidsOf = async (deployment: Deployment): Promise<Readonly<Record<string, number | null>>> =>
  Object.fromEntries([...(await statusOf(deployment))].map(([instance, { pid }]) => [instance, pid]));
