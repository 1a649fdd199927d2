import type { ManagerFacts } from '../manager-facts.js';

export const facts = {
  oldCommands: [
    {
      name: 'nixproc-supervisord-deploy-stateless',
      describe: 'Runs a processes model under a supervisord in the foreground; makes no generation of it.',
      means: 'run',
    },
  ],
  isCommon: 'no switch',
} satisfies ManagerFacts;
