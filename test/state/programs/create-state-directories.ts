// Makes the state directories below the directory that is given and prints, as JSON, what an error says.
import { createStateDirectories, stateDirectories } from '../../../src/state/state-directories.js';
import { ExplainedError } from '../../../src/system/errors.js';

const [stateDir = ''] = process.argv.slice(2);
try {
  await createStateDirectories(stateDirectories({ stateDir }, 'linux'), { userChanges: true });
  console.log('{}');
} catch (error) {
  if (!(error instanceof ExplainedError)) throw error;
  console.log(JSON.stringify({ what: error.message, why: error.why, fix: error.fix }));
}
