import type { ManagerFacts } from '../manager-facts.js';

export const facts = { honoursTimeouts: true } satisfies ManagerFacts;
