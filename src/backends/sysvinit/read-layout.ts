import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout, LayoutDirectories } from '../backend.js';
import { isWrappedIn, outputFileIn, pidFileIn } from '../shared/foreign-script.js';
import { filesIn, namesIn } from '../shared/read-tree.js';
import { nameProblem } from '../shared/script-name.js';
import type { Activation } from './activation-data.js';
import { recordFileOf } from './config.js';
import { scriptPath } from './runlevel-links.js';

const directory = 'etc/rc.d';

/** What the links of a script say: the runlevels that start and stop it, and when. */
interface Links {
  readonly start: ReadonlyMap<string, string>;
  readonly stop: ReadonlyMap<string, string>;
}

/** Runlevels of a server, for a script that says nothing about them. */
const defaultRunlevels = ['2', '3', '4', '5'];

/** The words of a keyword in the LSB's comment. */
const lsbWords = (text: string, keyword: string): readonly string[] =>
  (new RegExp(`^# *${keyword}:(.*)$`, 'mi').exec(text)?.[1] ?? '').split(/\s+/).filter((word) => word !== '');

const linksIn = async (root: string): Promise<ReadonlyMap<string, Links>> => {
  const found = new Map<string, { start: Map<string, string>; stop: Map<string, string> }>();
  const levels = (await namesIn(root, directory)).flatMap((name) => /^rc([0-9S])\.d$/.exec(name)?.[1] ?? []);
  for (const level of levels) {
    for (const link of await namesIn(root, `${directory}/rc${level}.d`)) {
      const [, kind, sequence, name] = /^([SK])(\d+)(.+)$/.exec(link) ?? [];
      if (sequence === undefined || name === undefined) continue;
      const links = found.get(name) ?? { start: new Map<string, string>(), stop: new Map<string, string>() };
      links[kind === 'S' ? 'start' : 'stop'].set(level, sequence);
      found.set(name, links);
    }
  }
  return found;
};

const unitOf = (
  name: string,
  text: string,
  links: Links | undefined,
  { runtimeDir, logDir }: LayoutDirectories,
): LaidOutUnit => {
  const start = [...(links?.start.values() ?? [])].sort().at(0) ?? null;
  const stop = [...(links?.stop.values() ?? [])].sort().at(0) ?? '50';
  const inHeader = lsbWords(text, 'Default-Start');
  const given = links === undefined ? (inHeader.length > 0 ? inHeader : defaultRunlevels) : [...links.start.keys()];
  const activation: Activation = {
    script: scriptPath(name),
    runlevels: [...given],
    stopRunlevels: links === undefined ? [...lsbWords(text, 'Default-Stop')] : [...links.stop.keys()],
    startSequence: start ?? '50',
    stopSequence: stop,
    pidFile: pidFileIn(text),
    recordFile: recordFileOf(runtimeDir, name),
    wrapped: isWrappedIn(text),
    logFile: outputFileIn(text) ?? `${logDir}/nixproc-${name}.log`,
  };
  return {
    name: name as ProcessName,
    dependencies: ['Required-Start', 'Should-Start'].flatMap((keyword) => lsbWords(text, keyword)),
    rank: start === null ? null : Number(start),
    properties: { script: text },
    activation,
  };
};

/** Init scripts in etc/rc.d/init.d, with the links of runlevels beside them; their order is that of the links. */
export const readLayout = async (root: string, directories: LayoutDirectories): Promise<Layout | null> => {
  const scripts = (await filesIn(root, `${directory}/init.d`, /^/)).filter(({ name }) => nameProblem(name) === null);
  if (scripts.length === 0) return null;
  const links = await linksIn(root);
  return { units: scripts.map(({ name, text }) => unitOf(name, text, links.get(name), directories)), data: {} };
};
