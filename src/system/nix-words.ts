import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';

/*
 * What Nix says differs from version to version, and nobody promises its words. They are told as they are, but for what
 * newer versions spread over several lines, which is told as older ones did: the rest of this program knows that form.
 */

/** Nix 2.34: "Cannot build 'X'." with the reason and the outputs on lines of their own. */
const cannotBuild = /Cannot build '([^']+)'\.\s+Reason: ([^\n]*?)\.?(?:\n\s*Output paths:(?:\n\s+\/[^\n]*)*)?(?=\n|$)/g;

export const inOlderWords = (text: string): string =>
  text.replace(cannotBuild, (_all, derivation: string, reason: string) => {
    if (reason.startsWith('builder failed')) return `builder for '${derivation}' ${reason.slice('builder '.length)}`;
    const dependencies = /^(\d+) dependenc(?:y|ies) failed$/.exec(reason)?.[1];
    return dependencies === undefined
      ? `cannot build '${derivation}': ${reason}`
      : `${dependencies} dependencies of derivation '${derivation}' failed to build`;
  });

/** What Nix 2.3 to 2.34 say when something cannot be fetched, or the name of the function in the trace of newer ones. */
export const fetchingFailed = new RegExp(
  [
    'unable to (?:download|access)|resolve host',
    "program '(?:git|hg)' failed|\\bhg failed with",
    "revspec '[^']*' not found|Cannot find Git revision",
    'Failed to fetch|(?:Git repository|tarball) "[^"]*" does not exist',
    "while calling the 'fetch\\w+' builtin|while fetching the input",
  ].join('|'),
  'i',
);

/** Why Git or Mercurial fetched nothing, in its own words, which Nix does not repeat; null when it said nothing. */
export const wordsOfFetcher = (stderr: string): string | null => /^(?:fatal|abort): (.*)$/m.exec(stderr)?.[1] ?? null;

/** What is wrong, and what to do about it. */
export interface Explained {
  readonly why: string;
  readonly fix: string;
}

const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'NAME';
  }
};

/** A program of this machine that a builder does not see; null when that is not what is wrong. */
const hiddenProgram = (text: string): string | null => {
  const program = /executing '(\/[^'\n]+)': No such file or directory/.exec(text)?.[1];
  return program !== undefined && existsSync(program) ? program : null;
};

/** Nix 2.8 and later say so, older ones keep it to themselves. */
const ignoredSandbox = /ignoring the (?:client-specified|user-specified|untrusted) setting 'sandbox'[^\n]*/;

/**
 * Explains that builders do not see the programs of this machine, where that is what is wrong: Nix' daemon does not listen
 * to users that it does not trust when they ask for builds without a sandbox.
 */
export const explainSandbox = (text: string): Explained | null => {
  const program = hiddenProgram(text);
  if (program === null) return null;
  const words = ignoredSandbox.exec(text)?.[0];
  return {
    why: [
      `Nix builds in a sandbox, in which there is no ${program}: the packages are made of programs of this machine`,
      words === undefined
        ? 'Its daemon has been asked for a build without one, but does that only for users whom it trusts'
        : `It says: ${words}`,
    ].join('\n'),
    fix: [
      'Have a store of your own, which needs no daemon, for this and all later commands:',
      '  export NIX_REMOTE=local NIX_STORE_DIR=$HOME/nix/store NIX_STATE_DIR=$HOME/nix/var/nix NIX_LOG_DIR=$HOME/nix/var/log/nix',
      `or be trusted by the daemon: as root, add "trusted-users = root ${userName()}" to /etc/nix/nix.conf, then: systemctl restart nix-daemon`,
      'or use nixpkgs, whose builders are in the store: -I nixpkgs=PATH',
    ].join('\n'),
  };
};

/** Settings of Nix that keep models from being evaluated, by what Nix says then. */
const settings: readonly { readonly says: RegExp; readonly setting: string }[] = [
  { says: /in pure (?:eval(?:uation)? )?mode/, setting: 'pure-eval = false' },
  { says: /in restricted mode/, setting: 'restrict-eval = false' },
  {
    says: /allow-import-from-derivation' is (?:disabled|not enabled)/,
    setting: 'allow-import-from-derivation = true',
  },
];

/** What to do about a setting of Nix that is in the way; null when none is. */
export const settingInTheWay = (text: string): string | null => {
  const found = settings.find(({ says }) => says.test(text));
  return found === undefined
    ? null
    : `Change that setting in nix.conf, or for this command: NIX_CONFIG='${found.setting}'`;
};

/** What to do about a directory that Nix refuses to build in; null when that is not what is wrong. */
export const buildsElsewhere = (text: string): string | null =>
  text.includes('is world-writable or a symlink')
    ? "Nix builds in no directory below one that everybody may write: have its state elsewhere (NIX_STATE_DIR), or say where to build: NIX_CONFIG='build-dir = /var/lib/nix-builds'"
    : null;
