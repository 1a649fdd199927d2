import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout, LayoutDirectories } from '../backend.js';
import { filesIn } from '../shared/read-tree.js';
import type { Activation } from './activation-data.js';
import { daemonNameProblem } from './daemon-name.js';
import { filesOf } from './launch.js';
import { serviceDirectory } from './render.js';

/** Synit's words for when it starts a daemon again, after that key. */
const restartIn = (text: string): Activation['restarts'] => {
  const [, word] = /\brestart:?\s*([a-z-]+)/.exec(text) ?? [];
  return word === 'all' || word === 'on-error' ? 'on-error' : word === 'never' ? 'never' : 'always';
};

const unitOf = (name: string, text: string, directories: LayoutDirectories): LaidOutUnit => {
  // An initialization beside it is a daemon of its own, and called otherwise.
  const own = text
    .split('\n')
    .find((line) => line.startsWith(`<daemon ${name} `) || line.startsWith(`<daemon |${name}| `));
  const restarts = restartIn(own ?? '');
  const activation: Activation = {
    file: `${serviceDirectory}/${name}.pr`,
    ...filesOf(name, directories),
    restarts,
    isRequired: text.includes('<require-service '),
    endsByItself: /\breadyOnStart:?\s*#f/.test(own ?? '') && restarts !== 'always',
  };
  const dependencies = [...text.matchAll(/<service-state\s+<daemon\s+\|?([^\s>|]+)\|?\s*>/g)].map(
    ([, dependency = '']) => dependency,
  );
  return {
    name: name as ProcessName,
    dependencies: [...new Set(dependencies)].filter((dependency) => dependency !== name),
    rank: null,
    properties: { assertions: text },
    activation,
  };
};

/** Files of assertions in etc/syndicate/services, one for each daemon. */
export const readLayout = async (root: string, directories: LayoutDirectories): Promise<Layout | null> => {
  const units = (await filesIn(root, serviceDirectory, /^[^.].*\.pr$/)).flatMap(({ name: file, text }) => {
    const name = file.slice(0, -'.pr'.length);
    return daemonNameProblem(name) === null ? [unitOf(name, text, directories)] : [];
  });
  return units.length === 0 ? null : { units, data: {} };
};
