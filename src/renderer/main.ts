// The entry of nix/renderer.mjs, which builders of ours run: renderer.mjs REQUEST RESULT reads the one file and makes the
// other a directory of files. It knows neither Nix nor the network.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain } from '../cli/report-error.js';
import { renderRequest } from './render-request.js';

const [, , requestFile = '', result = ''] = process.argv;
const tell = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`);
};

try {
  const files = await renderRequest(readFileSync(requestFile, 'utf8'), tell);
  mkdirSync(result);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(result, name), text);
} catch (error) {
  const { text, exitCode } = explain(error, false, false);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
