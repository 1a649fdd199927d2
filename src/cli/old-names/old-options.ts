import type { Options } from 'yargs';
import { factsOf } from '../../backends/registry.js';
import {
  activationOptions,
  activityOptions,
  configurationOptions,
  evaluationOptions,
  idOptions,
  managerOption,
  outputOptions,
  profileOption,
  stateDirectoryOptions,
} from '../options.js';
import type { GetoptOption } from './getopt.js';

/** An option of a command of nix-processmgmt, with what it means. */
export interface OldOption extends GetoptOption {
  readonly describe: string;
}

/** Options that nix-processmgmt-ts has by the same name. */
const same = (definitions: Readonly<Record<string, Options>>): readonly OldOption[] =>
  Object.entries(definitions).map(([name, { alias, type, describe }]) => ({
    name,
    ...(typeof alias === 'string' ? { letter: alias } : {}),
    takesValue: type !== 'boolean',
    describe: typeof describe === 'string' ? describe : '',
  }));

const { 'extra-params': extraParams, 'show-trace': showTrace } = evaluationOptions;
const { 'old-profile': oldProfile, 'enable-at-boot': enableAtBoot } = activationOptions;
const { 'no-out-link': noOutLink, undeploy } = outputOptions;

export const help: OldOption = { name: 'help', letter: 'h', takesValue: false, describe: 'Show this help' };

export const managerOptions = same(managerOption);
/** These commands remember no options, so that there is nothing to forget. */
export const stateOptions = same(stateDirectoryOptions).filter(({ name }) => !name.startsWith('no-'));
export const modelOptions = same({ 'extra-params': extraParams, 'show-trace': showTrace });
export const profileOptions = same(profileOption);
export const deployedOptions = same({ 'old-profile': { ...oldProfile, alias: 'o' } });
export const buildOptions = same({ 'no-out-link': noOutLink, undeploy });
export const generateConfigOptions = same({
  ...configurationOptions,
  'no-out-link': noOutLink,
  'show-trace': showTrace,
});
export const idAssignOptions = same(idOptions);
export const runActivityOptions = same(activityOptions);

/** What the commands of a manager have besides. */
export const ownOptionsOf = (manager: string): readonly OldOption[] => same(factsOf(manager).options ?? {});
export const bootOptions = same({ 'enable-at-boot': enableAtBoot });

/** What a switch does in place of deploying a model; at most one of them at a time. */
export const operationOptions: readonly OldOption[] = [
  { name: 'undeploy', takesValue: false, describe: 'Stop everything that is deployed' },
  { name: 'rollback', takesValue: false, describe: 'Go back to the generation that was current before' },
  {
    name: 'switch-generation',
    otherName: 'switch-to-generation',
    takesValue: true,
    describe: 'Run the generation of this number again',
  },
  { name: 'list-generations', takesValue: false, describe: 'List the generations' },
  {
    name: 'delete-generations',
    takesValue: true,
    describe: 'Delete generations: a number, an age such as 30d, or old (all but the current one)',
  },
  { name: 'delete-all-generations', takesValue: false, describe: 'Delete the profile; stops nothing' },
];
