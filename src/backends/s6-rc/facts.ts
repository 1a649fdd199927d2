import type { ManagerFacts } from '../manager-facts.js';

export const facts = {
  oldCommands: [
    {
      name: 'nixproc-s6-svscan',
      describe: 'Runs an s6-svscan in the foreground, under which every profile runs its services.',
      means: 'supervise',
    },
  ],
} satisfies ManagerFacts;
