import { isSurelyShorter, longestString } from '../../model/value-lengths.js';
import { ModelError } from '../../system/errors.js';
import type { UnitContext } from '../backend.js';
import { launchScript, variablesLostInShells } from '../shared/launch-script.js';
import { commandWord, environmentAssignment } from './escape.js';
import { tool } from './tools.js';
import type { Section } from './unit-file.js';
import { storeName } from './unit-name.js';

/** Whether a semicolon stands alone, outside of quotes: systemd runs the commands between them one after another. */
const hasSeveralCommands = (command: string): boolean =>
  /(?:^|\s);(?:\s|$)/.test(command.replace(/"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'/g, 'quoted'));

/**
 * Adds the environment to [Service]. Variables that systemd cannot set (control characters, unusual names) are set by a
 * script, which then becomes the program.
 *
 * @param environment sorted by name
 * @throws ModelError naming the variable when neither can.
 */
export const carryEnvironment = (
  service: Section,
  environment: Readonly<Record<string, string>>,
  context: UnitContext,
): Section => {
  const { instance, name: process } = context.instance;
  const fail = (variable: string, why: string, fix: string): never => {
    throw new ModelError({
      what: `Process instance "${instance}" has a value that its process cannot get: environment.${variable}`,
      why,
      fix,
    });
  };
  const lines: string[] = [];
  const lost: Record<string, string> = {};
  for (const name of Object.keys(environment)) {
    const value = environment[name] ?? '';
    const text = `${name}=${value}`;
    const bytes = isSurelyShorter(text, longestString) ? 0 : Buffer.byteLength(text);
    if (bytes >= longestString) {
      fail(name, `Name and value have ${bytes} bytes; Linux takes ${longestString - 1} at most`, 'Put it into a file');
    }
    const assignment = environmentAssignment(name, value);
    if (assignment === null) lost[name] = value;
    else lines.push(assignment);
  }
  const withLines = {
    ...service,
    ...(lines.length === 0 ? {} : { Environment: [...(service['Environment'] ?? []), ...lines] }),
  };
  const [first] = Object.keys(lost);
  if (first === undefined) return withLines;

  const script = context.storeText(
    storeName(process, 'environment'),
    launchScript({
      coreutils: tool(context, 'coreutils'),
      // The script is run by a shell, which would have its own ideas about some of the others.
      environment: { ...variablesLostInShells(environment), ...lost },
      command: [],
    }),
  );
  const launch = [tool(context, 'shell'), script].map(commandWord).join(' ');
  const launched = (service['ExecStart'] ?? []).map((command) => {
    const [, prefix = '', words = ''] = /^\s*([-@:+!|]*)\s*([^]*)$/.exec(command) ?? [];
    if (prefix.includes('@') || hasSeveralCommands(words)) {
      fail(
        first,
        'systemd can only set variables with usual names, and without control characters; for others the command is ' +
          'put behind a script, which is not possible with "@" or ";" in ExecStart',
        'Change the value, or set ExecStart to a single plain command',
      );
    }
    return words === '' ? command : `${prefix}${launch} ${words}`;
  });
  return { ...withLines, ExecStart: launched };
};
