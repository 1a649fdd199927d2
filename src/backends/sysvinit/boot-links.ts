import { basename, join } from 'node:path';
import type { SessionContext } from '../backend.js';
import { createBootLinks as createLinks, type BootLinks } from '../shared/boot-links.js';
import { activationOf, type Activation } from './activation-data.js';
import { runlevelRegistry } from './runlevel-registry.js';

const nameOf = (script: Activation): string => basename(script.script);

/**
 * Has the init of the machine start the scripts themselves. It is written to only with the manager option enableAtBoot =
 * "true", and after that as long as our links are there.
 */
export const createBootLinks = (context: SessionContext): BootLinks => {
  const registry = runlevelRegistry(context);
  return createLinks(context, {
    directory: registry.etc,
    linkOf: (unit) => join(registry.etc, 'init.d', nameOf(activationOf(unit))),
    enable: async (unit) => {
      const script = activationOf(unit);
      await registry.enable({ ...script, name: nameOf(script) });
    },
    disable: (unit) => registry.disable(nameOf(activationOf(unit))),
  });
};
