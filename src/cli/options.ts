import type { Argv, Options } from 'yargs';
import { factsOf, managerNames, managersWith } from '../backends/registry.js';
import { wholeNumber } from './settings.js';

/** Options, each defined once; commands pick what they need. */
const define = <T extends Readonly<Record<string, Options>>>(options: T): T => options;

/** An option that is a whole number; anything else is refused before the command begins. */
export const wholeNumberOption = <T extends Options>(
  name: string,
  least: number,
  options: T,
): T & {
  readonly type: 'number';
  readonly requiresArg: true;
  readonly coerce: (given: number | number[]) => number;
} => ({
  ...options,
  type: 'number',
  requiresArg: true,
  // Of an option that is repeated, the last one counts.
  coerce: (given: number | number[]) => wholeNumber([given].flat().at(-1), `--${name}`, least),
});

export const stateDirectoryOptions = define({
  'state-dir': {
    type: 'string',
    requiresArg: true,
    group: 'State:',
    describe: 'Base directory of all state [as in the current generation, else /var]; default: /var again',
  },
  'runtime-dir': { type: 'string', requiresArg: true, group: 'State:', describe: 'Where PID files and sockets go' },
  'log-dir': { type: 'string', requiresArg: true, group: 'State:', describe: 'Where log files go' },
  'tmp-dir': { type: 'string', requiresArg: true, group: 'State:', describe: 'Where temporary files go' },
  'cache-dir': { type: 'string', requiresArg: true, group: 'State:', describe: 'Where caches go' },
  'spool-dir': { type: 'string', requiresArg: true, group: 'State:', describe: 'Where spool files go' },
  'lock-dir': { type: 'string', requiresArg: true, group: 'State:', describe: 'Where lock files go' },
  'lib-dir': { type: 'string', requiresArg: true, group: 'State:', describe: 'Where persistent data goes' },
  'force-disable-user-change': {
    type: 'boolean',
    group: 'State:',
    describe: 'Create no users and groups and run everything as the calling user',
  },
  'no-force-disable-user-change': {
    type: 'boolean',
    group: 'State:',
    describe: 'No longer, although the current generation does',
  },
});

export const managerOption = define({
  'process-manager': {
    alias: 'P',
    type: 'string',
    choices: managerNames,
    requiresArg: true,
    describe: 'The process manager that runs the services [that of the current generation]',
  },
});

export const evaluationOptions = define({
  'extra-params': {
    type: 'string',
    requiresArg: true,
    group: 'Evaluation:',
    describe: "More arguments for the model, as a Nix attribute set: '{ port = 8080; }'",
  },
  include: {
    alias: 'I',
    type: 'string',
    array: true,
    nargs: 1,
    group: 'Evaluation:',
    describe: 'Add a directory to the Nix search path, as nix-build -I does',
  },
  'host-packages': {
    type: 'boolean',
    group: 'Evaluation:',
    describe: 'Use the programs of this machine as packages even when <nixpkgs> can be found',
  },
  offline: { type: 'boolean', group: 'Evaluation:', describe: 'Never ask a binary cache' },
  'show-trace': { type: 'boolean', group: 'Evaluation:', describe: "Show Nix' evaluation trace when it fails" },
});

export const profileOption = define({
  profile: {
    alias: 'p',
    type: 'string',
    default: 'processes',
    requiresArg: true,
    describe: 'Name of the Nix profile that holds the generations',
  },
});

export const outputOptions = define({
  'out-link': {
    alias: 'o',
    type: 'string',
    default: 'result',
    requiresArg: true,
    describe: 'Where to make a link to the profile',
  },
  'no-out-link': { type: 'boolean', describe: 'Make no link' },
  undeploy: { type: 'boolean', describe: 'Build a profile in which nothing runs; no model is needed' },
});

export const configurationOptions = define({
  'create-managed-process-expr': {
    type: 'string',
    requiresArg: true,
    describe: 'Nix file with a createManagedProcess to use in the place of ours',
  },
});

type SomeOptions = Readonly<Record<string, Options>>;

const optionsIn = (managers: readonly string[]): SomeOptions =>
  Object.assign({}, ...managers.map((name) => factsOf(name).options ?? {})) as SomeOptions;

/** Options that single managers have; see ManagerFacts. */
export const ownOptions: SomeOptions = optionsIn(managerNames);

/** Those of managers whose services are scripts. */
export const ownScriptOptions: SomeOptions = optionsIn(managersWith(({ hasScripts }) => hasScripts === true));

/** Those that say which of several managers of a kind is meant. */
export const reachingOptions: SomeOptions = Object.fromEntries(
  managerNames.flatMap((name) => {
    const { options = {}, reachingOptions: reaching = [] } = factsOf(name);
    return Object.entries(options).filter(([option]) => reaching.includes(option));
  }),
);

/** Adds such options to a command; what is given of them is read by their names (see managerOptions). */
export const withOptionsOf = <Arguments>(yargs: Argv<Arguments>, options: SomeOptions): Argv<Arguments> =>
  yargs.options(options) as unknown as Argv<Arguments>;

const whereTimeoutsCount = managersWith(({ honoursTimeouts }) => honoursTimeouts === true).join(', ');

export const activationOptions = define({
  'old-profile': {
    type: 'string',
    requiresArg: true,
    describe: 'What runs now, as a profile or a link to one [the current generation]',
  },
  'enable-at-boot': {
    type: 'boolean',
    describe: 'Have the machine start all of it when it boots, until undeploy',
  },
  jobs: wholeNumberOption('jobs', 1, { alias: 'j', describe: 'How many services to start or stop at once [8]' }),
  settle: {
    type: 'number',
    requiresArg: true,
    describe: 'Seconds that what was started has to stay up; 0: none [$NIXPROC_SETTLE, else 2]',
  },
  'wait-for-ports': {
    type: 'boolean',
    describe: 'Wait until something listens on the port of an instance that does not say itself when it is ready',
  },
  'start-timeout': wholeNumberOption('start-timeout', 1, {
    describe: `${whereTimeoutsCount}: seconds that a service has to start [90]`,
  }),
  'stop-timeout': wholeNumberOption('stop-timeout', 1, {
    describe: `${whereTimeoutsCount}: seconds that a process has to end before it is killed [10]`,
  }),
  'answer-timeout': wholeNumberOption('answer-timeout', 1, {
    describe: 'Seconds that the process manager has to answer a question [$NIXPROC_ANSWER_TIMEOUT, else 60]',
  }),
  'keep-going': {
    type: 'boolean',
    describe: 'When a service fails, go on with those that do not depend on it; puts nothing back',
  },
  'no-rollback': { type: 'boolean', describe: 'Keep what runs when a service fails, instead of putting back what ran' },
  'allow-conflicts': {
    type: 'boolean',
    describe: 'Go on although something seems to be in the way: a port that is taken, a name of somebody else',
  },
  confirm: { type: 'boolean', describe: 'Show what would be done and why, and ask before anything is done' },
  yes: { type: 'boolean', implies: 'confirm', describe: 'With --confirm: show it, and go on without asking' },
  'wait-lock': wholeNumberOption('wait-lock', 0, {
    describe: 'Seconds to wait for another command that works on the same profile [0]',
  }),
});

export const messageOption = define({
  message: { alias: 'm', type: 'string', requiresArg: true, describe: 'What the list of generations says of this' },
});

export const planFileOption = define({
  out: { type: 'string', requiresArg: true, describe: 'Also write the plan to a file, for switch --plan' },
});

export const readPlanOption = define({
  plan: {
    type: 'string',
    requiresArg: true,
    // The plan says it.
    conflicts: [
      ...['model', ...Object.keys(managerOption), ...Object.keys(stateDirectoryOptions)],
      ...Object.keys(evaluationOptions),
      ...['old-profile', 'enable-at-boot', 'repair', 'wait-for-ports', 'keep-going', ...Object.keys(ownOptions)],
    ],
    describe: 'Do exactly what a plan that plan --out wrote says, or nothing when something has changed since',
  },
});

export const repairOption = define({
  repair: {
    type: 'boolean',
    describe: 'Also put right what somebody has changed: start what was stopped, restore files, stop what is extra',
  },
});

export const activityOptions = define({
  reverse: { alias: 'r', type: 'boolean', describe: 'Begin with the services that were started last' },
});

export const idOptions = define({
  'id-resources': {
    type: 'string',
    requiresArg: true,
    demandOption: true,
    describe: 'Nix file with the pools: { ports = { min = 5000; max = 6000; }; }',
  },
  ids: { type: 'string', requiresArg: true, describe: 'Nix file with the IDs that were assigned before; they stay' },
  'service-property': {
    type: 'string',
    requiresArg: true,
    default: 'requiresUniqueIdsFor',
    describe: 'Property of an instance that lists the pools that it wants an ID of',
  },
  'output-file': { type: 'string', requiresArg: true, describe: 'Where to write the IDs [stdout]' },
  'output-xml': { type: 'boolean', describe: 'Write XML in place of Nix' },
});

export const testOptions = define({
  attr: {
    alias: 'A',
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Only what is at this attribute path, such as nginx or nginx.privileged.systemd; may be repeated',
  },
  suite: { type: 'string', array: true, nargs: 1, describe: 'Only the suite of this name; may be repeated' },
  profile: {
    alias: 'p',
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'Only variants in this profile: privileged or unprivileged; may be repeated',
  },
  jobs: wholeNumberOption('jobs', 1, {
    alias: 'j',
    describe: 'How many machines to have at once [as many as processors]',
  }),
  list: { type: 'boolean', describe: 'Only list the variants, and what cannot be run here' },
  strict: { type: 'boolean', describe: 'A variant that could not be tried counts as failed' },
  timeout: wholeNumberOption('timeout', 1, { describe: 'Seconds that one variant may take [900]' }),
  keep: { type: 'boolean', describe: 'Leave the machines, and say how to enter them' },
  interactive: {
    type: 'boolean',
    conflicts: 'list',
    describe: 'Deploy one variant, and give a prompt of Python with its machine instead of running the script',
  },
  logs: {
    type: 'string',
    requiresArg: true,
    describe: 'Directory for the log of each variant [of failed ones: none stays]',
  },
  junit: { type: 'string', requiresArg: true, describe: "Also write the results to a file, as JUnit's XML" },
  tap: { type: 'boolean', conflicts: 'json', describe: 'Print the results as TAP (Test Anything Protocol)' },
  json: { type: 'boolean', describe: 'Print JSON' },
});

export const jsonOption = define({
  json: { type: 'boolean', describe: 'Print JSON' },
});

export const modelPositional = {
  name: 'model',
  options: {
    type: 'string',
    describe: 'The processes.nix to deploy [$NIXPROC_PROCESSES], or a profile that build made',
  },
} as const satisfies { name: string; options: Options };

/** Adds the positional argument MODEL. */
export const withModel = <T>(yargs: Argv<T>): Argv<T & { model: string | undefined }> =>
  yargs.positional(modelPositional.name, modelPositional.options);
