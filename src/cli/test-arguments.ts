import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../system/errors.js';
import type { SuitesRequest } from '../test-driver/evaluate-suites.js';
import type { VariantName } from '../test-driver/variant.js';

/** What yargs parsed of the options of test. */
export interface TestArguments {
  readonly suites: string;
  readonly attr?: readonly string[] | undefined;
  readonly suite?: readonly string[] | undefined;
  readonly profile?: readonly string[] | undefined;
  readonly processManager?: readonly string[] | undefined;
  readonly jobs?: number | undefined;
  readonly list?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly timeout?: number | undefined;
  readonly keep?: boolean | undefined;
  readonly interactive?: boolean | undefined;
  readonly logs?: string | undefined;
  readonly junit?: string | undefined;
  readonly tap?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly extraParams?: string | undefined;
  readonly include?: readonly string[] | undefined;
  readonly hostPackages?: boolean | undefined;
  readonly offline?: boolean | undefined;
  readonly showTrace?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Which variants the command line means: those that all its options allow. */
export const isChosenBy =
  ({ attr, suite, profile, processManager }: TestArguments) =>
  (variant: VariantName): boolean => {
    // What cannot be evaluated does not say for whom it is.
    const allows = (wanted: readonly string[] | undefined, value: string): boolean =>
      wanted === undefined || value === '' || wanted.includes(value);
    return (
      allows(suite, variant.suite) &&
      allows(profile, variant.profile) &&
      allows(processManager, variant.manager) &&
      (attr === undefined || attr.some((path) => variant.name === path || variant.name.startsWith(`${path}.`)))
    );
  };

/** The attribute paths of -A, for an evaluation that looks at nothing else; null for all. */
export const chosenPaths = ({ attr }: TestArguments): readonly (readonly string[])[] | null =>
  // A file of one suite has no attribute of its name.
  attr === undefined || attr.some((path) => !path.includes('.'))
    ? (attr?.map((path) => path.split('.')) ?? null)
    : attr.flatMap((path) => [path.split('.'), path.split('.').slice(1)]);

/**
 * The file that composes suites: what is named, the default.nix of a directory, or the suite beside a model.
 *
 * @throws UsageError when there is none
 */
export const suiteFile = (given: string): string => {
  const path = resolve(given);
  if (!existsSync(path)) {
    throw new UsageError({ what: `There is no file of test suites ${path}`, fix: 'Name your tests/default.nix' });
  }
  if (statSync(path).isDirectory()) return suiteFile(join(path, 'default.nix'));
  if (!/^processes.*\.nix$/.test(basename(path))) return path;
  const beside = join(dirname(path), 'default.nix');
  if (existsSync(beside)) return beside;
  throw new UsageError({
    what: `There is no test suite beside the model ${path}`,
    why: `It would be ${beside}`,
    fix: 'Write one: docs/testing-services.md says how',
  });
};

export const suitesRequest = (args: TestArguments): SuitesRequest => ({
  suiteFile: suiteFile(args.suites),
  managers: args.processManager ?? null,
  profiles: args.profile ?? null,
  extraParams: args.extraParams ?? null,
  includePaths: args.include ?? [],
  hostPackages: args.hostPackages ?? false,
  offline: args.offline ?? false,
  showTrace: args.showTrace ?? false,
});
