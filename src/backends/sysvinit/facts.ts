import type { ManagerFacts } from '../manager-facts.js';

export const facts = {
  options: {
    runlevel: {
      type: 'string',
      requiresArg: true,
      describe: 'sysvinit: start the scripts of this runlevel [the current one, else 3]',
    },
  },
  honoursTimeouts: true,
  hasScripts: true,
  isCommon: 'nothing',
} satisfies ManagerFacts;
