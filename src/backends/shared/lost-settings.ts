/** Commands that set something for the shell that runs them, and for what it becomes. */
const settings = ['umask', 'ulimit', 'export'] as const;

/**
 * Says what of `initialize` a process does not get, for managers that run these commands in a process of their own.
 *
 * @returns a sentence for Translation.unsupported, or none
 */
export const lostSettings = (initialize: string): readonly string[] => {
  const lost = settings.filter((name) =>
    new RegExp(`(?:^|[;&|(){}\\n]|\\b(?:then|else|do)\\s)[ \\t]*${name}\\b`).test(initialize),
  );
  return lost.length === 0
    ? []
    : [
        `runs initialize in a process of its own: what ${lost.join(' and ')} ${lost.length === 1 ? 'says' : 'say'} there ` +
          'does not reach the process (set umask and environment of the process instead)',
      ];
};
