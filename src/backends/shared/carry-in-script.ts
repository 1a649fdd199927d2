import type { UnitContext } from '../backend.js';
import { launchScript, variablesLostInShells } from './launch-script.js';
import { requiredTool, storeName } from './required-tool.js';

/** The words that start a process, and its variables. */
export interface Execution {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The same execution by a script that holds the words, the variables that the manager cannot hand over, and those that no
 * shell would.
 *
 * @param lost whether the manager cannot hand over a variable
 * @throws ModelError when the model's packages lack a tool
 */
export const carryInScript = (
  { words, environment }: Execution,
  lost: (name: string, value: string) => boolean,
  context: UnitContext,
  manager: string,
): Execution => {
  const variables = Object.entries(environment);
  const carried: Execution['environment'] = {
    ...Object.fromEntries(variables.filter(([name, value]) => lost(name, value))),
    ...variablesLostInShells(environment),
  };
  const text = launchScript({
    coreutils: requiredTool(context, 'coreutils', manager),
    environment: carried,
    command: words,
  });
  return {
    words: [
      requiredTool(context, 'shell', manager),
      context.storeText(storeName(context.instance.name, 'values'), text),
    ],
    environment: Object.fromEntries(variables.filter(([name]) => !Object.hasOwn(carried, name))),
  };
};
