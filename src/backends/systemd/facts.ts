import type { ManagerFacts } from '../manager-facts.js';

export const facts = {
  options: {
    user: {
      type: 'boolean',
      describe: "systemd: use the calling user's own systemd, as ordinary users always do",
    },
  },
  reachingOptions: ['user'],
  isCommon: 'one process',
} satisfies ManagerFacts;
