import * as z from 'zod';
import type { Json, JsonObject } from '../../system/json.js';
import { anything, flag, integer, text, texts } from '../shared/argument-schema.js';

const isSet = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Drops what is null, at any depth: a property list has no such value. */
const withoutNulls = (value: Json): Json => {
  if (isList(value)) return value.filter((entry) => entry !== null).map(withoutNulls);
  if (!isSet(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (entry === null ? [] : [[key, withoutNulls(entry)]])),
  );
};

const dictionary = anything.refine(isSet, 'expected an attribute set').transform(withoutNulls);
const listOrDictionary = anything
  .refine((value) => isSet(value) || isList(value), 'expected an attribute set, or a list of them')
  .transform(withoutNulls);
const flagOrDictionary = anything
  .refine((value) => typeof value === 'boolean' || isSet(value), 'expected true, false or an attribute set')
  .transform(withoutNulls);
const textOrTexts = z.union([texts, text], { error: 'expected a text or a list of texts' });
const count = integer.pipe(z.number().min(0, 'expected an integer that is not negative'));

const setOf = (check: (value: Json) => boolean, expected: string) =>
  anything.refine((value) => isSet(value) && Object.values(value).every(check), expected).transform(withoutNulls);
const isInteger = (value: Json): boolean => value === null || (typeof value === 'number' && Number.isInteger(value));
const limits = setOf(isInteger, 'expected an attribute set of integers');

/** Octal digits in a text, as umask(1) takes them, become the number that a property list has for them. */
const umask = z.union(
  [
    z
      .string()
      .regex(/^[0-7]{1,4}$/, 'expected octal digits')
      .transform((digits) => Number.parseInt(digits, 8)),
    z.int().min(0).max(0o7777),
  ],
  { error: 'expected octal digits in a text, or an integer' },
);

/** The keys of launchd.plist(5), and those that it has not any more but launchd still reads. */
export const plistKeys = {
  AbandonProcessGroup: flag.nullish(),
  AssociatedBundleIdentifiers: textOrTexts.nullish(),
  BundleProgram: text.nullish(),
  Debug: flag.nullish(),
  Disabled: flag.nullish(),
  EnableGlobbing: flag.nullish(),
  EnablePressuredExit: flag.nullish(),
  EnableTransactions: flag.nullish(),
  EnvironmentVariables: setOf((value) => !isSet(value), 'expected an attribute set of texts').nullish(),
  ExitTimeOut: count.nullish(),
  GroupName: text.nullish(),
  HardResourceLimits: limits.nullish(),
  HopefullyExitsFirst: flag.nullish(),
  HopefullyExitsLast: flag.nullish(),
  InitGroups: flag.nullish(),
  JetsamProperties: dictionary.nullish(),
  KeepAlive: flagOrDictionary.nullish(),
  Label: text.nullish(),
  LaunchEvents: dictionary.nullish(),
  LaunchOnlyOnce: flag.nullish(),
  LegacyTimers: flag.nullish(),
  LimitLoadFromHardware: dictionary.nullish(),
  LimitLoadFromHosts: texts.nullish(),
  LimitLoadToHardware: dictionary.nullish(),
  LimitLoadToHosts: texts.nullish(),
  LimitLoadToSessionType: textOrTexts.nullish(),
  LowPriorityBackgroundIO: flag.nullish(),
  LowPriorityIO: flag.nullish(),
  MachServices: dictionary.nullish(),
  MaterializeDatalessFiles: flag.nullish(),
  Nice: integer.pipe(z.number().min(-20, 'expected at least -20').max(20, 'expected at most 20')).nullish(),
  OnDemand: flag.nullish(),
  POSIXSpawnType: text.nullish(),
  ProcessType: z
    .enum(['Background', 'Standard', 'Adaptive', 'Interactive'], {
      error: 'expected Background, Standard, Adaptive or Interactive',
    })
    .nullish(),
  Program: text.nullish(),
  ProgramArguments: texts.nullish(),
  QueueDirectories: texts.nullish(),
  RootDirectory: text.nullish(),
  RunAtLoad: flag.nullish(),
  ServiceIPC: flag.nullish(),
  SessionCreate: flag.nullish(),
  Sockets: dictionary.nullish(),
  SoftResourceLimits: limits.nullish(),
  StandardErrorPath: text.nullish(),
  StandardInPath: text.nullish(),
  StandardOutPath: text.nullish(),
  StartCalendarInterval: listOrDictionary.nullish(),
  StartInterval: count.nullish(),
  StartOnMount: flag.nullish(),
  ThrottleInterval: count.nullish(),
  TimeOut: count.nullish(),
  Umask: umask.nullish(),
  UserName: text.nullish(),
  WaitForDebugger: flag.nullish(),
  WatchPaths: texts.nullish(),
  WorkingDirectory: text.nullish(),
  inetdCompatibility: dictionary.nullish(),
} as const;
