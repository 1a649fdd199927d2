import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readBuiltProfile, type BuiltProfile } from '../generations/built-profile.js';
import type { ProfileUpdate } from '../generations/profile-update.js';
import { addRoot } from '../generations/gc-root.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { isUp, type ObservedUnit } from '../plan/plan-activation.js';
import { errnoOf, explainFileError } from '../state/file-errors.js';
import { openProcessIdentities } from '../state/process-identity.js';
import type { Ports } from '../system/ports.js';
import {
  continueJournal,
  createJournal,
  recordedStatesFrom,
  noJournal,
  placeIn,
  readJournal,
  type RecordedStates,
  type Journal,
  type JournalHeader,
  type OpenJournal,
} from './journal.js';
import { releaseRoom, reserveRoom } from './reserved-room.js';

/*
 * While a switch is at work, there is a directory "unfinished" in the profile's state directory. It holds the journal and
 * links to the profile that the switch goes to and to those that unfinished switches before it were going to, which keeps
 * them in the store. When the next command finds it, the switch was killed, or failed and was told not to roll back: what
 * runs may be of any of these profiles, or of the current generation.
 */
const directoryOf = ({ stateDirectory }: ProfileLocation): string => join(stateDirectory, 'unfinished');
const journalOf = (location: ProfileLocation): string => join(directoryOf(location), 'journal');

/** What a switch that did not finish, or is at work, has left. */
export interface UnfinishedSwitch {
  /** The profiles that it and others before it were going to, but for those that cannot be read any more. */
  readonly reached: readonly BuiltProfile[];
  /** Null when another version of this program wrote it, or when it is damaged. */
  readonly journal: Journal | null;
  /** `at work`: its process lives. */
  readonly state: 'at work' | 'interrupted';
  /** What the journal says about processes; null when it does not hold any more (the machine was restarted). */
  readonly recordedStates: RecordedStates | null;
}

const hasJournal = (location: ProfileLocation): Promise<boolean> =>
  access(journalOf(location)).then(
    () => true,
    () => false,
  );

/**
 * For what is done to single processes: the journal of a switch that did not finish has to say that, too, if it says
 * anything. Warns when that cannot be written.
 */
export const journalOfUnfinished = async (
  location: ProfileLocation,
  { log }: Pick<Ports, 'log'>,
): Promise<OpenJournal> =>
  (await readJournal(journalOf(location)).catch(() => null)) === null
    ? noJournal
    : continueJournal(journalOf(location), (error, misleads) => {
        log.warn(
          `${error instanceof Error ? error.message : String(error)}: ${
            misleads
              ? 'after the switch that did not finish, restart what is started now once more'
              : 'the switch that did not finish will restart what it is not certain of'
          }`,
        );
      });

/** Null when there is none. @throws ActivationError when it cannot be read */
export const readUnfinishedSwitch = async (
  location: ProfileLocation,
  { run }: Pick<Ports, 'run'>,
): Promise<UnfinishedSwitch | null> => {
  // Before there is a journal, nothing has happened.
  if (!(await hasJournal(location))) return null;
  // Without a legible one, nothing is certain; see afterUnfinishedSwitch.
  const journal = await readJournal(journalOf(location)).catch(() => null);
  const links = (await readdir(directoryOf(location))).filter((name) => !/^(?:journal|\.)/.test(name));
  const paths = journal?.header.reaching ?? links.map((name) => join(directoryOf(location), name));
  // One that cannot be read is gone, or was made by another version: there is nothing to be learned from it.
  const profiles = await Promise.all(paths.map((path) => readBuiltProfile(path).catch(() => null)));
  const { own, livenessOf } = await openProcessIdentities(run);
  const process = journal?.header.process;
  const sameBoot = process?.machine === own.machine && process.bootId === own.bootId;
  return {
    reached: profiles.filter((profile) => profile !== null),
    journal,
    state: process !== undefined && (await livenessOf(process)) === 'alive' ? 'at work' : 'interrupted',
    recordedStates: journal !== null && sameBoot ? recordedStatesFrom(journal) : null,
  };
};

/** What there is to say about it, in one sentence without a period. Pure. */
export const describeUnfinished = ({ journal, state, recordedStates }: UnfinishedSwitch): string => {
  if (journal === null) return 'a switch did not finish, and what it left cannot be read';
  const { command, process, since, to } = journal.header;
  const who = `a ${command} to ${to} (PID ${String(process.pid)}, since ${since})`;
  if (state === 'at work') return `${who} is at work, ${placeIn(journal)}`;
  return `${who} did not finish: it ended ${placeIn(journal)}${recordedStates === null ? ', before this machine was started' : ''}`;
};

/** How the profile was to point to `next`, when that is where the unfinished switch was going; else null. Pure. */
export const profileUpdateOfUnfinished = (unfinished: UnfinishedSwitch | null, next: BuiltProfile): ProfileUpdate => {
  const header = unfinished?.journal?.header;
  return header?.to === next.path ? header.arrival : null;
};

/** What is written down before anything is done. */
export interface SwitchBeginning {
  /** "switch", "rollback" …, for people. */
  readonly command: string;
  /** The profile in the store that it goes to. */
  readonly to: string;
  readonly profileUpdate: ProfileUpdate;
  /** The processes, as they are now. */
  readonly present: readonly ObservedUnit[];
  /** What is taken up, or null. */
  readonly unfinished: UnfinishedSwitch | null;
}

/** Writes down, with room for all that comes after, where a switch goes. */
const openJournal = async (
  location: ProfileLocation,
  { command, to, profileUpdate, present, unfinished }: SwitchBeginning,
  ports: Ports,
): Promise<OpenJournal> => {
  const directory = directoryOf(location);
  const what = `The switch cannot be recorded in ${location.stateDirectory}`;
  try {
    reserveRoom(directory);
  } catch (error) {
    throw explainFileError(what, error);
  }
  await addRoot(to, join(directory, basename(to)), what, ports);
  const before = (unfinished?.reached ?? []).map(({ path }) => path).filter((path) => path !== to);
  const { own } = await openProcessIdentities(ports.run);
  const makeRoom = (): void => {
    releaseRoom(directory);
  };
  const header: JournalHeader = {
    format: 1,
    command,
    since: new Date().toISOString(),
    process: own,
    to,
    reaching: [...before, to],
    arrival: profileUpdate,
    running: present.filter(isUp).map(({ manager, unit, doubt }) => ({
      manager,
      name: unit.name,
      profile: unit.profile,
      certain: doubt === undefined,
    })),
  };
  const journal = await createJournal(journalOf(location), header, makeRoom);
  return {
    ...journal,
    during: (effect, back, work) => {
      if (effect.action === 'record') makeRoom();
      return journal.during(effect, back, work);
    },
  };
};

/** To be called before the first effect. @throws ActivationError when it cannot be recorded */
export const beginSwitch = async (
  location: ProfileLocation,
  beginning: SwitchBeginning,
  ports: Ports,
): Promise<OpenJournal> => {
  try {
    // As it was before it became a directory.
    await rm(directoryOf(location)).catch(() => undefined);
    await mkdir(directoryOf(location), { recursive: true });
  } catch (error) {
    throw explainFileError(`The switch cannot be recorded in ${location.stateDirectory}`, error);
  }
  try {
    return await openJournal(location, beginning, ports);
  } catch (error) {
    releaseRoom(directoryOf(location));
    // What an unfinished switch before this one has left stays.
    if (beginning.unfinished === null) await endSwitch(location);
    throw error;
  }
};

/** To be called when what runs is of one generation again. @throws ActivationError */
export const endSwitch = async (location: ProfileLocation): Promise<void> => {
  const away = `${directoryOf(location)}.${randomUUID()}`;
  try {
    // All of it at once: a directory without its journal would say that nothing has happened.
    await rename(directoryOf(location), away);
    await rm(away, { recursive: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw explainFileError(`What is recorded of the switch in ${location.stateDirectory} cannot be removed`, error);
  }
};

const doubt = 'a switch that did not finish may have left another version of it';

const absent = { state: 'absent', pid: null, since: null, detail: null } as const;

/**
 * What runs after an unfinished switch, as far as can be told. Pure.
 *
 * A process that several of the generations define differently runs in the version that the journal says; without a
 * journal, or where it was killed in the middle of a step, in any of them. One that does not run was stopped by the
 * switch rather than by an operator, when the switch did anything to it. Where two managers claim the same process (both
 * read its PID file), the journal says whose it is; without one, the manager's that the switch was leaving.
 *
 * @param present the units of the generation that the switch left
 * @param reached those of the ones that it, and unfinished ones before it, were going to
 * @param recordedStates what the journal says; null for nothing
 */
export const afterUnfinishedSwitch = (
  present: readonly ObservedUnit[],
  reached: readonly ObservedUnit[],
  recordedStates: RecordedStates | null,
): readonly ObservedUnit[] => {
  const keyOf = ({ manager, unit }: ObservedUnit): string => `${manager} ${unit.name}`;
  const versions = new Map<string, [ObservedUnit, ...ObservedUnit[]]>();
  for (const observed of [...present, ...reached]) {
    const others = versions.get(keyOf(observed));
    if (others === undefined) versions.set(keyOf(observed), [observed]);
    else others.push(observed);
  }
  const isLeft = new Set(present.map(keyOf));
  const upBefore = new Set(present.filter(isUp).map(({ unit }) => unit.name));
  const downToFailed = (observed: ObservedUnit): ObservedUnit =>
    observed.observation.state === 'stopped' &&
    recordedStates?.wasTouched(observed.manager, observed.unit.name) !== false
      ? { ...observed, observation: { ...observed.observation, state: 'failed', detail: 'a switch did not finish' } }
      : observed;

  return [...versions].flatMap(([key, some]) => {
    const [first] = some;
    const { manager, unit } = first;
    const recordedState = recordedStates?.of(unit.name);
    const holder = recordedState?.holder ?? null;
    if (holder !== null && holder !== manager) return isLeft.has(key) ? [{ ...first, observation: absent }] : [];
    const recorded =
      recordedState?.certain === true
        ? some.find((version) => version.unit.profile === recordedState.profile)
        : undefined;
    const likely = recorded ?? some.find(isUp) ?? first;
    const isCertain = recorded !== undefined || some.every((version) => version.unit.fingerprint === unit.fingerprint);
    const judged = downToFailed(isCertain ? likely : { ...likely, doubt });
    if (isLeft.has(key)) return [judged];
    return isUp(judged) && (holder !== null || !upBefore.has(unit.name)) ? [judged] : [];
  });
};
