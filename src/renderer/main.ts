// The entry of nix/renderer.mjs, which builders of ours run: renderer.mjs REQUEST RESULT reads the one file and writes
// the other. It knows neither Nix nor the network.
import { readFile, writeFile } from 'node:fs/promises';
import { explain } from '../cli/report-error.js';
import { renderRequest } from './render-request.js';

const [, , requestFile = '', resultFile = ''] = process.argv;
const tell = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`);
};

try {
  await writeFile(resultFile, JSON.stringify(await renderRequest(await readFile(requestFile, 'utf8'), tell)));
} catch (error) {
  const { text, exitCode } = explain(error, false, false);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
