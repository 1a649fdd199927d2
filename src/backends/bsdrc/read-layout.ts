import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout, LayoutDirectories } from '../backend.js';
import { outputFileIn, pidFileIn } from '../shared/foreign-script.js';
import { filesIn } from '../shared/read-tree.js';
import type { Activation } from './activation-data.js';
import { recordFileOf } from './config.js';
import { nameProblem, rcName } from './rc-name.js';
import { readOrder } from './rc-order.js';
import { scriptPath } from './render.js';

/** Whether a script is one of rc(8): it says what it provides, or reads rc.subr(8). */
const isRcScript = (text: string): boolean => /^# PROVIDES?:|rc\.subr/m.test(text);

const unitOf = (name: string, text: string, { runtimeDir, logDir }: LayoutDirectories): LaidOutUnit => {
  const variable = /^\s*rcvar=["']?([A-Za-z_][A-Za-z0-9_]*)["']?\s*$/m.exec(text)?.[1] ?? null;
  const activation: Activation = {
    script: scriptPath(name),
    pidFile: pidFileIn(text),
    recordFile: recordFileOf(runtimeDir, name),
    wrapped: false,
    logFile: outputFileIn(text) ?? `${logDir}/nixproc-${name}.log`,
    rcName: rcName(name),
    enablingVariable: variable,
  };
  return {
    name: name as ProcessName,
    dependencies: readOrder(name, text).requires,
    rank: null,
    properties: { script: text },
    activation,
  };
};

/** The scripts in etc/rc.d, ordered by what they require. */
export const readLayout = async (root: string, directories: LayoutDirectories): Promise<Layout | null> => {
  const scripts = (await filesIn(root, 'etc/rc.d', /^/)).filter(
    ({ name, text }) => nameProblem(name) === null && isRcScript(text),
  );
  return scripts.length === 0
    ? null
    : { units: scripts.map(({ name, text }) => unitOf(name, text, directories)), data: {} };
};
