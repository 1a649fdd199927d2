import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SourcePosition } from '../model/process-model.js';
import { EvaluationError } from '../system/errors.js';
import { nixDirectory } from '../system/nix-directory.js';
import { buildsElsewhere, fetchingFailed, settingInTheWay } from '../system/nix-words.js';
import type { NixFailure } from './nix-failure.js';

/** What is known about a failure besides what Nix said. */
export interface FailureSurroundings {
  /** What cannot be evaluated, as a sentence begins: `Process instance "webapp2"`. */
  readonly culprit: string;
  /** Where the model defines it. */
  readonly position: SourcePosition | null;
  /** Whether programs of this machine stand for nixpkgs. */
  readonly hostPackages: boolean;
  /** Whether the user wants all that Nix says. */
  readonly showTrace: boolean;
}

const addChannel =
  'nix-channel --add https://nixos.org/channels/nixpkgs-unstable nixpkgs && nix-channel --update (or pass -I nixpkgs=PATH)';

/** What a user can do, by what Nix says; the first that matches. */
const remedies: readonly {
  readonly says: RegExp;
  readonly fix: (match: RegExpExecArray, surroundings: FailureSurroundings) => string;
}[] = [
  {
    says: /^attribute '(.+)' missing/,
    fix: ([, attribute = ''], { hostPackages }) =>
      hostPackages
        ? `Correct the name; if "${attribute}" is a package: programs of this machine stand for nixpkgs, so install it, or use nixpkgs: ${addChannel}`
        : `Correct the name; if "${attribute}" is a package, use a nixpkgs that has it`,
  },
  { says: /^undefined variable '(.+)'/, fix: ([, name = '']) => `Define "${name}", or correct the name` },
  { says: /^syntax error/, fix: () => 'Correct the syntax at this place' },
  { says: /infinite recursion|stack overflow/, fix: () => 'Look for a value that is defined by means of itself' },
  {
    says: /not a function/,
    fix: () => 'Look at what is called there: it may have all its arguments already, or be the result of another file',
  },
  {
    says: /unexpected argument '(.+)'|without required argument '(.+)'/,
    fix: ([, unexpected, required = '']) =>
      unexpected === undefined ? `Give it "${required}"` : `Leave out "${unexpected}", or correct the name`,
  },
  {
    says: /builder for '(.+\.drv)' failed/,
    fix: ([, derivation = '']) => `Look at why it cannot be built: nix-store --read-log ${derivation}`,
  },
  {
    says: /file '(.+)' was not found in the Nix search path/,
    fix: ([, name = '']) => `Say where it is with -I ${name.split('/')[0] ?? name}=PATH`,
  },
  {
    says: /No space left on device|quota exceeded/,
    fix: () => "Free some space on the file system of Nix' store, for example with nix-collect-garbage",
  },
  {
    says: /Permission denied/,
    fix: () => 'Make it readable for the user who runs this command, or run the command as another one',
  },
  { says: fetchingFailed, fix: () => 'Connect to the network, or let the model refer to a local copy' },
  {
    says: /getting (?:status|attributes) of|opening file|does not exist|No such file/,
    fix: () => 'Create the file, or correct the path',
  },
  { says: /UTF-8/, fix: () => 'Save the file that holds the text as UTF-8' },
];

/** Nix blames the files of a package set for wrong arguments to its functions; the user can only change the model. */
const isInNixpkgs = (file: string): boolean => {
  for (let directory = dirname(file); directory !== dirname(directory); directory = dirname(directory)) {
    if (existsSync(join(directory, 'pkgs', 'top-level'))) return true;
  }
  return false;
};

/** What Nix says about places in our own expressions is of no use to a user. */
const isUsersOwn = ({ file }: SourcePosition): boolean => !file.startsWith(`${nixDirectory}/`) && !isInNixpkgs(file);

const describePosition = ({ file, line, column }: SourcePosition): string =>
  `${file}:${String(line)}:${String(column)}`;

/** Our own explanations speak of processes and their names; an instance is found by its attribute. */
const withCulprit = (what: string, culprit: string): string => {
  const name = /".*"/.exec(culprit)?.[0];
  return name === undefined || what.includes(name) ? what : `${culprit}: ${what}`;
};

/** Puts a failure of Nix into words: what, why with the place in the user's own files, and a way out. */
export const explainFailure = (failure: NixFailure, surroundings: FailureSurroundings): EvaluationError => {
  const { culprit, position, showTrace } = surroundings;
  const { explanation, message, sandbox, isOfSurroundings = false } = failure;
  const place = isOfSurroundings ? null : (failure.positions.find(isUsersOwn) ?? position);
  const why = [
    explanation === null ? (sandbox === undefined ? message : `${message}\n${sandbox.why}`) : explanation.why,
    place === null ? undefined : `at ${describePosition(place)}`,
    showTrace ? `\n${failure.text}` : undefined,
  ];
  const remedy = remedies.flatMap(({ says, fix }) => {
    const match = says.exec(message);
    return match === null ? [] : [fix(match, surroundings)];
  })[0];
  const fix =
    explanation === null
      ? (sandbox?.fix ??
        settingInTheWay(message) ??
        buildsElsewhere(message) ??
        remedy ??
        (showTrace ? undefined : 'Run the command again with --show-trace to see how Nix came there'))
      : explanation.fix;
  return new EvaluationError({
    what:
      explanation === null
        ? `${culprit} cannot be evaluated`
        : isOfSurroundings
          ? explanation.what
          : withCulprit(explanation.what, culprit),
    why: why.filter((line) => line !== undefined).join('\n'),
    ...(fix === undefined ? {} : { fix }),
  });
};
