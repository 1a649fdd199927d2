import type { Json, JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
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

const dictionary = z.pipe(anything.check(z.refine(isSet, 'expected an attribute set')), z.transform(withoutNulls));
const listOrDictionary = z.pipe(
  anything.check(z.refine((value) => isSet(value) || isList(value), 'expected an attribute set, or a list of them')),
  z.transform(withoutNulls),
);
const flagOrDictionary = z.pipe(
  anything.check(
    z.refine((value) => typeof value === 'boolean' || isSet(value), 'expected true, false or an attribute set'),
  ),
  z.transform(withoutNulls),
);
const textOrTexts = z.union([texts, text], { error: 'expected a text or a list of texts' });
const count = z.pipe(integer, z.number().check(z.minimum(0, 'expected an integer that is not negative')));

const setOf = (check: (value: Json) => boolean, expected: string) =>
  z.pipe(
    anything.check(z.refine((value) => isSet(value) && Object.values(value).every(check), expected)),
    z.transform(withoutNulls),
  );
const isInteger = (value: Json): boolean => value === null || (typeof value === 'number' && Number.isInteger(value));
const limits = setOf(isInteger, 'expected an attribute set of integers');

/** Octal digits in a text, as umask(1) takes them, become the number that a property list has for them. */
const umask = z.union(
  [
    z.pipe(
      z.string().check(z.regex(/^[0-7]{1,4}$/, 'expected octal digits')),
      z.transform((digits) => Number.parseInt(digits, 8)),
    ),
    z.int().check(z.minimum(0), z.maximum(0o7777)),
  ],
  { error: 'expected octal digits in a text, or an integer' },
);

/** The keys of launchd.plist(5), and those that it has not any more but launchd still reads. */
export const plistKeys = {
  AbandonProcessGroup: z.nullish(flag),
  AssociatedBundleIdentifiers: z.nullish(textOrTexts),
  BundleProgram: z.nullish(text),
  Debug: z.nullish(flag),
  Disabled: z.nullish(flag),
  EnableGlobbing: z.nullish(flag),
  EnablePressuredExit: z.nullish(flag),
  EnableTransactions: z.nullish(flag),
  EnvironmentVariables: z.nullish(setOf((value) => !isSet(value), 'expected an attribute set of texts')),
  ExitTimeOut: z.nullish(count),
  GroupName: z.nullish(text),
  HardResourceLimits: z.nullish(limits),
  HopefullyExitsFirst: z.nullish(flag),
  HopefullyExitsLast: z.nullish(flag),
  InitGroups: z.nullish(flag),
  JetsamProperties: z.nullish(dictionary),
  KeepAlive: z.nullish(flagOrDictionary),
  Label: z.nullish(text),
  LaunchEvents: z.nullish(dictionary),
  LaunchOnlyOnce: z.nullish(flag),
  LegacyTimers: z.nullish(flag),
  LimitLoadFromHardware: z.nullish(dictionary),
  LimitLoadFromHosts: z.nullish(texts),
  LimitLoadToHardware: z.nullish(dictionary),
  LimitLoadToHosts: z.nullish(texts),
  LimitLoadToSessionType: z.nullish(textOrTexts),
  LowPriorityBackgroundIO: z.nullish(flag),
  LowPriorityIO: z.nullish(flag),
  MachServices: z.nullish(dictionary),
  MaterializeDatalessFiles: z.nullish(flag),
  Nice: z.nullish(
    z.pipe(integer, z.number().check(z.minimum(-20, 'expected at least -20'), z.maximum(20, 'expected at most 20'))),
  ),
  OnDemand: z.nullish(flag),
  POSIXSpawnType: z.nullish(text),
  ProcessType: z.nullish(
    z.enum(['Background', 'Standard', 'Adaptive', 'Interactive'], {
      error: 'expected Background, Standard, Adaptive or Interactive',
    }),
  ),
  Program: z.nullish(text),
  ProgramArguments: z.nullish(texts),
  QueueDirectories: z.nullish(texts),
  RootDirectory: z.nullish(text),
  RunAtLoad: z.nullish(flag),
  ServiceIPC: z.nullish(flag),
  SessionCreate: z.nullish(flag),
  Sockets: z.nullish(dictionary),
  SoftResourceLimits: z.nullish(limits),
  StandardErrorPath: z.nullish(text),
  StandardInPath: z.nullish(text),
  StandardOutPath: z.nullish(text),
  StartCalendarInterval: z.nullish(listOrDictionary),
  StartInterval: z.nullish(count),
  StartOnMount: z.nullish(flag),
  ThrottleInterval: z.nullish(count),
  TimeOut: z.nullish(count),
  Umask: z.nullish(umask),
  UserName: z.nullish(text),
  WaitForDebugger: z.nullish(flag),
  WatchPaths: z.nullish(texts),
  WorkingDirectory: z.nullish(text),
  inetdCompatibility: z.nullish(dictionary),
} as const;
