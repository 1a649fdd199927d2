import { isTrue } from './change-policy.js';
import type { Section } from './unit-file.js';

/**
 * Variables of the account that a service manager runs as, by its specifiers (systemd.unit(5)). systemd sets them where
 * User= is set, before version 255 nowhere else; the manager of a user has them already.
 */
const assignments = ['HOME=%h', 'USER=%u', 'LOGNAME=%u', 'SHELL=%s'] as const;

/** Whether the processes of a service run as the account that its manager runs as. */
export const runsAsManager = (service: Section): boolean => {
  const last = (key: string): string => service[key]?.at(-1)?.trim() ?? '';
  return last('User') === '' && !isTrue(last('DynamicUser'));
};

/** Puts them into [Service], before what the model says; what it sets itself is left out. */
export const withAccountVariables = (service: Section, environment: Readonly<Record<string, string>>): Section => ({
  ...service,
  Environment: [
    ...assignments.filter((assignment) => !Object.hasOwn(environment, assignment.slice(0, assignment.indexOf('=')))),
    ...(service['Environment'] ?? []),
  ],
});

/** Whether a word of Environment= is one of them. */
export const isAccountVariable = (word: string): boolean => (assignments as readonly string[]).includes(word);
