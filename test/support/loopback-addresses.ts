import { networkInterfaces } from 'node:os';

/** The loopback addresses that this machine has: some containers have no IPv6. */
export const loopbackAddresses: readonly string[] = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .map(({ address }) => address)
  .filter((address) => ['127.0.0.1', '::1'].includes(address));
