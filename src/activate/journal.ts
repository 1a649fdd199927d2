import { lstat, open, rename, rm, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { profileUpdateSchema } from '../generations/profile-update.js';
import { syncDirectory } from '../state/atomic-file.js';
import { errnoOf, explainFileError } from '../state/file-errors.js';
import { readRegularFile } from '../state/regular-file.js';
import { temporaryBeside } from '../state/temporary-names.js';
import { ActivationError } from '../system/errors.js';
import * as z from '../system/schema.js';

/*
 * One JSON document per line: first what the switch is, then two lines for each thing that it does, "begin" before and
 * "done" after. Each line is on the disk before the next thing happens, so that after a crash or a power cut the last
 * line says where it was. A line that was cut off counts as not written.
 */

const runningProcess = z.object({
  manager: z.string(),
  /** The process's name. */
  name: z.string(),
  /** The profile by whose definition it runs. */
  profile: z.string(),
  /** False when it may run by another one. */
  certain: z.boolean(),
});

const headerSchema = z.object({
  format: z.literal(1),
  /** "switch", for people. */
  command: z.string(),
  since: z.iso.datetime(),
  process: z.object({
    pid: z.int(),
    startTime: z.string(),
    bootId: z.string(),
    pidNamespace: z.nullable(z.string()),
    machine: z.string(),
  }),
  /** The profile in the store that is to run. */
  to: z.string(),
  /** Every profile of which something may run besides the current generation; `to` is the last. */
  reaching: z.readonly(z.array(z.string())),
  /** How the profile is updated when all of it runs. */
  arrival: z.nullable(profileUpdateSchema),
  /** What runs before the first step. */
  running: z.readonly(z.array(runningProcess)),
});
export type JournalHeader = z.infer<typeof headerSchema>;

const effectSchema = z.union([
  z.object({
    action: z.enum(['stop', 'start', 'restart', 'reload']),
    manager: z.string(),
    units: z.readonly(z.array(z.object({ instance: z.string(), name: z.string(), profile: z.string() }))),
  }),
  z.object({ action: z.enum(['install', 'leave', 'finish']), manager: z.string() }),
  z.object({ action: z.enum(['accounts', 'record', 'clean']) }),
]);
/** One thing that a switch does. */
export type Effect = z.infer<typeof effectSchema>;

const entrySchema = z.union([
  z.object({
    event: z.literal('begin'),
    at: z.iso.datetime(),
    /** True while what ran before is put back. */
    back: z.boolean(),
    effect: effectSchema,
  }),
  z.object({
    event: z.literal('done'),
    at: z.iso.datetime(),
    /** Names of the processes for which it did not succeed. */
    failed: z.readonly(z.array(z.string())),
  }),
]);
export type JournalEntry = z.infer<typeof entrySchema>;

/** What a journal says; entries in the order in which they were written. */
export interface Journal {
  readonly header: JournalHeader;
  readonly entries: readonly JournalEntry[];
}

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** Reads a journal. Null when there is none, or one that this version of the program did not write. */
export const readJournal = (file: string): Promise<Journal | null> => Promise.resolve(journalIn(file));

const journalIn = (file: string): Journal | null => {
  let text: string;
  try {
    text = readRegularFile(file);
  } catch (error) {
    // What is no file is no journal; what could be read by somebody else may be one.
    if (errnoOf(error) === 'ENOENT' || error instanceof ActivationError) return null;
    throw explainFileError(`The journal ${file} cannot be read`, error);
  }
  const [first, ...rest] = text.split('\n').map(parseLine);
  const header = headerSchema.safeParse(first);
  if (!header.success) return null;
  const entries: JournalEntry[] = [];
  for (const line of rest) {
    const entry = entrySchema.safeParse(line);
    if (entry.success) entries.push(entry.data);
  }
  return { header: header.data, entries };
};

/** Writes down what is done. */
export interface JournalWriter {
  /**
   * Does something between two lines of the journal.
   *
   * @param back whether it puts back what ran before
   * @param work returns the names of the processes for which it did not succeed; when it throws, it stays begun
   */
  readonly during: (effect: Effect, back: boolean, work: () => Promise<readonly string[]>) => Promise<void>;
}

const append = async (handle: FileHandle, line: JournalEntry | JournalHeader): Promise<void> => {
  await handle.appendFile(`${JSON.stringify(line)}\n`);
  await handle.datasync();
};

/** A journal that is open; `close` leaves what is written. */
export interface OpenJournal extends JournalWriter {
  readonly close: () => Promise<void>;
}

const explain = (file: string, error: unknown): unknown =>
  explainFileError(`The journal ${file} cannot be written`, error);

/** What is to be done when an effect cannot be written down. */
type OnLost = (error: unknown, effect: Effect) => Promise<void>;

/** Makes room on the disk, as far as that is in our power. */
type MakeRoom = () => void;

const writerOf = (file: string, handle: FileHandle, makeRoom: MakeRoom, onLost?: OnLost): OpenJournal => {
  const appendOrMakeRoom = async (entry: JournalEntry): Promise<void> => {
    try {
      await append(handle, entry);
    } catch (error) {
      if (errnoOf(error) !== 'ENOSPC') throw error;
      makeRoom();
      // A part of it may be there.
      await handle.appendFile('\n');
      await append(handle, entry);
    }
  };
  const write = async (entry: JournalEntry, effect: Effect, back: boolean): Promise<void> => {
    try {
      await appendOrMakeRoom(entry);
    } catch (error) {
      // A full disk may be why it is put back: that comes first.
      if (back) return;
      if (onLost === undefined) throw explain(file, error);
      await onLost(error, effect);
    }
  };
  const now = (): string => new Date().toISOString();
  return {
    during: async (effect, back, work) => {
      await write({ event: 'begin', at: now(), back, effect }, effect, back);
      await write({ event: 'done', at: now(), failed: await work() }, effect, back);
    },
    close: () => handle.close(),
  };
};

/** What is in the way of a journal and says nothing about a switch; whoever takes its place has read that. */
const removeWhatIsNoFile = async (file: string): Promise<void> => {
  const found = await lstat(file).catch(() => null);
  if (found?.isDirectory() === true) await rm(file, { recursive: true });
};

/**
 * Begins a journal; the file of one before is replaced as a whole.
 *
 * @param header what the switch is
 * @param makeRoom called when the disk is full
 * @throws ActivationError naming the file when it cannot be written; so does what it returns
 */
export const createJournal = async (
  file: string,
  header: JournalHeader,
  makeRoom: MakeRoom = () => undefined,
): Promise<OpenJournal> => {
  const temporary = temporaryBeside(file);
  try {
    const handle = await open(temporary, 'ax', 0o644);
    await append(handle, header);
    await removeWhatIsNoFile(file);
    await rename(temporary, file);
    await syncDirectory(dirname(file));
    return writerOf(file, handle, makeRoom);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explain(file, error);
  }
};

/** For what needs no journal: a command for some processes can simply be repeated. */
export const noJournal: OpenJournal = {
  during: async (_effect, _back, work) => {
    await work();
  },
  close: () => Promise.resolve(),
};

/** Whether a journal was emptied. */
const empty = (file: string): Promise<boolean> =>
  truncate(file, 0).then(
    () => true,
    () => false,
  );

/**
 * Goes on with the journal of a switch that did not finish, for what is done to single processes: a full disk keeps nobody
 * from that. A journal that cannot be told of a process that runs by another definition now must not tell the old story: it
 * is emptied, after which nothing of it counts as certain.
 *
 * @param onLost called once, when something cannot be written, with that and whether the journal is misleading now
 */
export const continueJournal = async (
  file: string,
  onLost: (error: unknown, misleads: boolean) => void,
): Promise<OpenJournal> => {
  let isTold = false;
  const lose: OnLost = async (error, { action }) => {
    const misleads = (action === 'start' || action === 'restart') && !(await empty(file));
    if (!isTold) onLost(explain(file, error), misleads);
    isTold = true;
  };
  try {
    const handle = await open(file, 'a');
    // The last line may have been cut off. Where that does not work, the next one does not either.
    await handle.appendFile('\n').catch(() => undefined);
    return writerOf(file, handle, () => undefined, lose);
  } catch (error) {
    return {
      during: async (effect, _back, work) => {
        await lose(error, effect);
        await work();
      },
      close: () => Promise.resolve(),
    };
  }
};

/** What a journal says about one process. */
interface RecordedState {
  /** The manager that runs it, if anybody does; null when it was stopped and not started again. */
  readonly holder: string | null;
  /** By whose definition; null when nobody runs it. */
  readonly profile: string | null;
  /** False when something was begun and may or may not have happened. */
  readonly certain: boolean;
}

/** What has become of processes, as far as a journal says. */
export interface RecordedStates {
  /** By process name; undefined for one that did not run and that nothing was done to. */
  readonly of: (name: string) => RecordedState | undefined;
  /** Whether anything was done to the process of this manager. */
  readonly wasTouched: (manager: string, name: string) => boolean;
}

/** Follows every process through a journal. Pure. */
export const recordedStatesFrom = ({ header, entries }: Journal): RecordedStates => {
  const recordedStates = new Map<string, RecordedState>(
    header.running.map(({ manager, name, profile, certain }) => [name, { holder: manager, profile, certain }]),
  );
  const touched = new Set<string>();
  let effect: Effect | null = null;
  for (const entry of entries) {
    if (entry.event === 'begin') effect = entry.effect;
    if (effect === null || !('units' in effect)) continue;
    const { action, manager, units } = effect;
    for (const { name, profile } of units) {
      const succeeded = entry.event === 'done' && !entry.failed.includes(name);
      touched.add(`${manager} ${name}`);
      if (action === 'stop') {
        // Not stopped for certain: whoever ran it may still do so.
        recordedStates.set(
          name,
          succeeded
            ? { holder: null, profile: null, certain: true }
            : { holder: manager, profile: recordedStates.get(name)?.profile ?? profile, certain: false },
        );
      } else {
        recordedStates.set(name, { holder: manager, profile, certain: succeeded });
      }
    }
  }
  return { of: (name) => recordedStates.get(name), wasTouched: (manager, name) => touched.has(`${manager} ${name}`) };
};

/** What a switch was doing when its journal ends, in words: "while starting webapp1 (sysvinit)". Pure. */
export const placeIn = ({ entries }: Journal): string => {
  const begun = entries.filter((entry) => entry.event === 'begin');
  const last = begun.at(-1);
  if (last === undefined) return 'before its first step';
  const isDone = entries.at(-1)?.event === 'done';
  const { effect } = last;
  const step = `step ${String(begun.length)}: ${effect.action}${
    'units' in effect ? ` ${effect.units.map(({ instance }) => instance).join(', ')}` : ''
  }${'manager' in effect ? ` (${effect.manager})` : ''}`;
  const back = last.back ? ', putting back what ran before' : '';
  return `${isDone ? 'after' : 'in'} ${step}${back}`;
};
