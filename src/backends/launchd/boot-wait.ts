import { shellQuote } from '../shared/shell-quote.js';

/** What a job waits for before its program is started. */
export interface BootWait {
  /** The Nix store's directory, a volume of its own on macOS. */
  readonly store: string;
  /** Labels of the jobs that it depends on. */
  readonly jobs: readonly string[];
  /** Default: where macOS has it. */
  readonly launchctl?: string;
}

/** Seconds that a job waits for each job it depends on. Afterwards it is started: an operator may have stopped that one. */
const patience = 60;

/**
 * Commands for `/bin/sh -c COMMANDS LABEL PROGRAM ARGUMENT…`. launchd starts all jobs at once when the machine boots,
 * before the store may be mounted; whatever is needed to wait must be outside of it. After a deployment everything that
 * is waited for is there already. The process becomes the program.
 */
export const bootWaitCommands = ({ store, jobs, launchctl = '/bin/launchctl' }: BootWait): string =>
  [
    `if [ -x /bin/wait4path ]; then /bin/wait4path ${shellQuote(store)}; fi`,
    ...(jobs.length === 0
      ? []
      : [
          'is_up() {',
          '    for domain in system "gui/$(/usr/bin/id -u)" "user/$(/usr/bin/id -u)"; do',
          `        case $(${shellQuote(launchctl)} print "$domain/$1" 2>/dev/null) in *'state = running'*) return 0 ;; esac`,
          '    done',
          '    return 1',
          '}',
          `for job in ${jobs.map(shellQuote).join(' ')}; do`,
          '    waited=0',
          `    while [ "$waited" -lt ${patience} ] && ! is_up "$job"; do`,
          '        /bin/sleep 1',
          '        waited=$((waited + 1))',
          '    done',
          'done',
        ]),
    'exec "$@"',
  ].join('\n');
