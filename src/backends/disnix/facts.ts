import type { ManagerFacts } from '../manager-facts.js';

export const facts = {
  options: {
    engine: {
      type: 'string',
      choices: ['local', 'disnix'],
      requiresArg: true,
      describe: 'disnix: who starts and stops the processes, this program or Disnix [local]',
    },
  },
  honoursTimeouts: true,
} satisfies ManagerFacts;
