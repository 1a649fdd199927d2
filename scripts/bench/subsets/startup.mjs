/** What the program costs before it has done anything. */
export const startup = {
  name: 'startup',
  about: 'Start of the program, against that of Node itself',
  rounds: 15,
  isForCi: true,
  open: async ({ workshop: { run, tool } }) => ({
    rows: [
      { name: 'node -e 0', run: () => run(process.execPath, '-e', '0') },
      { name: '--version', run: () => run(...tool, '--version') },
      { name: '--help', run: () => run(...tool, '--help') },
    ],
    figures: [
      { name: '--version / node', of: (cost) => cost('--version').wall / cost('node -e 0').wall, atMost: 1.2 },
      { name: '--help / node', of: (cost) => cost('--help').wall / cost('node -e 0').wall, atMost: 1.8 },
    ],
  }),
};
