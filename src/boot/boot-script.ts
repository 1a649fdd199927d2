import { dirname, join } from 'node:path';
import { shellQuote } from '../backends/shared/shell-quote.js';
import { nixDirectory } from '../system/nix-directory.js';
import type { Ports } from '../system/ports.js';

/**
 * Variables of the caller that decide what a command finds: where programs, profiles and the managers' own files are. The
 * init of a machine sets few of them.
 */
const kept =
  /^(?:PATH|HOME|USER|LOGNAME|NIX_(?:LOG_DIR|REMOTE|STATE_DIR|STORE_DIR|USER_PROFILE_DIR)|NIXPROC_\w+|\w+_TARGET_DIR|SUPERVISORD_CONF_DIR|CONTAINER_HOST|CONTAINERS_STORAGE_CONF|DOCKER_HOST|DISNIX_CLIENT_INTERFACE|XDG_(?:CACHE|CONFIG|DATA|STATE)_HOME)$/;

/** Which of them say what one command is to do, rather than where things are. */
const ofOneCommand = /^NIXPROC_(?:PROCESSES|SETTLE|INSTANCE)$/;

/**
 * The text of the script that runs a profile's current generation when the machine boots: `run`, by the program that writes
 * it, or by the one on PATH when that is gone.
 *
 * @param link the profile's link
 */
export const bootScript = (link: string, env: Ports['env']): string => {
  const program = join(dirname(nixDirectory), 'bin', 'nix-processmgmt-ts');
  const variables = Object.entries(env)
    .filter(([name, value]) => value !== undefined && kept.test(name) && !ofOneCommand.test(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    '#!/bin/sh',
    '# Runs the deployment of a profile from boot on. Written by --enable-at-boot, removed by undeploy.',
    ...variables.map(([name, value]) => `export ${name}=${shellQuote(value ?? '')}`),
    'cd /',
    `program=${shellQuote(program)}`,
    `if [ -x ${shellQuote(process.execPath)} ] && [ -e "$program" ]; then`,
    `  exec ${shellQuote(process.execPath)} "$program" run --profile ${shellQuote(link)}`,
    'fi',
    `exec nix-processmgmt-ts run --profile ${shellQuote(link)}`,
    '',
  ].join('\n');
};
