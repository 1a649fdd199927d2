import { appendFile } from 'node:fs/promises';

/** Adds a line to the report that `npm run faults` shows at the end; no report is kept in other runs. */
export const report = async (line: Readonly<Record<string, string | number>>): Promise<void> => {
  const file = process.env['NIXPROC_FAULTS_REPORT'];
  if (file !== undefined) await appendFile(file, `${JSON.stringify(line)}\n`);
};

/** Everything is tried, rather than a sample of it. */
export const isFullRun = process.env['NIXPROC_FAULTS'] === 'full';
