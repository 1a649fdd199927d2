import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout, LayoutDirectories } from '../backend.js';
import { filesIn } from '../shared/read-tree.js';
import type { Activation } from './activation-data.js';
import { scriptDirectory } from './render.js';
import { filesOf } from './script.js';
import { processOf, serviceNameProblem } from './service-name.js';

const wordsAfter = (text: string, word: string): readonly string[] => {
  const [, words = ''] = new RegExp(`^[ \\t]*${word}[ \\t]+(.*)$`, 'm').exec(text) ?? [];
  return words.split(/\s+/).filter((part) => part !== '');
};

const unitOf = (name: string, text: string, service: string, directories: LayoutDirectories): LaidOutUnit => {
  const activation: Activation = {
    script: `${scriptDirectory}/${service}`,
    service,
    runlevels: ['default'],
    ...filesOf(name, directories),
    awaitsReadiness: /\bAWAITED_PID\b/.test(text),
  };
  return {
    name: name as ProcessName,
    dependencies: wordsAfter(text, 'need').flatMap((needed) => processOf(needed) ?? []),
    rank: null,
    properties: { script: text },
    activation,
  };
};

/** Service scripts in etc/init.d that are called as ours are. Others may start anything, by any means. */
export const readLayout = async (root: string, directories: LayoutDirectories): Promise<Layout | null> => {
  const units = (await filesIn(root, scriptDirectory, /^[^.]/)).flatMap(({ name: service, text }) => {
    const name = processOf(service);
    const isOurs = name !== null && serviceNameProblem(name) === null && text.startsWith('#!/sbin/openrc-run\n');
    return isOurs ? [unitOf(name, text, service, directories)] : [];
  });
  return units.length === 0 ? null : { units, data: {} };
};
