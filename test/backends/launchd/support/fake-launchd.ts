import type { Run, RunResult } from '../../../../src/system/ports.js';
import { readPlist } from './jobs.js';
import { readFileSync } from 'node:fs';

/** How a job behaves once it is loaded. */
export interface JobBehaviour {
  /** Its process ends at once, with this exit code. */
  readonly ends?: number;
  /** How many looks it takes to be gone after bootout. */
  readonly lingers?: number;
}

interface Loaded {
  pid: number | null;
  lastExit: number | null;
  leaving: number | null;
  readonly file: string;
}

/** launchd as launchctl shows it, with the words and numbers of the real one (macOS 13 to 26). */
export class FakeLaunchd {
  readonly calls: string[] = [];
  /** By target, DOMAIN/LABEL. */
  readonly loaded = new Map<string, Loaded>();
  readonly disabled = new Set<string>();
  readonly behaviours = new Map<string, JobBehaviour>();
  /** Answers to come instead of the usual ones, by verb: [exit code, stderr]. */
  readonly failures = new Map<string, [number, string][]>();
  #lastPid = 100;

  constructor(readonly domains: readonly string[]) {}

  readonly run: Run = ({ file, args }) => {
    if (file !== 'launchctl') throw new Error(`unexpected: ${file}`);
    const [verb = '', ...rest] = args;
    if (verb !== 'print') this.calls.push(args.join(' '));
    const failure = this.failures.get(verb)?.shift();
    return Promise.resolve(failure === undefined ? this.#answer(verb, rest) : answer(failure[0], failure[1]));
  };

  /** Loads a job from outside of any deployment. */
  load(domain: string, file: string): void {
    const keys = readPlist(readFileSync(file, 'utf8'));
    const label = keys['Label'] as string;
    const { ends } = this.behaviours.get(label) ?? {};
    const starts = keys['RunAtLoad'] === true || keys['KeepAlive'] === true;
    this.loaded.set(`${domain}/${label}`, {
      file,
      leaving: null,
      pid: starts && ends === undefined ? (this.#lastPid += 1) : null,
      lastExit: starts ? (ends ?? null) : null,
    });
  }

  #answer(verb: string, [target = '', file = '']: readonly string[]): RunResult {
    const slash = target.lastIndexOf('/');
    const label = target.slice(slash + 1);
    const isDomain = this.domains.includes(target);
    const domain = verb === 'bootstrap' || isDomain ? target : target.slice(0, slash);
    const job = this.loaded.get(target);
    switch (verb) {
      case 'print':
        if (isDomain) return answer(0, '', this.#printDomain(target));
        if (/^(?:system|gui\/\d+|user\/\d+)$/.test(target)) {
          return answer(125, `Could not print domain: 125: Domain does not support specified action\n`);
        }
        if (job?.leaving !== null && job?.leaving !== undefined) {
          job.leaving -= 1;
          if (job.leaving < 0) this.loaded.delete(target);
        }
        return this.loaded.has(target) && job !== undefined
          ? answer(0, '', printJob(target, job))
          : answer(113, `Bad request.\nCould not find service "${label}" in domain for system\n`);
      case 'bootstrap': {
        if (!this.domains.includes(domain))
          return answer(125, 'Bootstrap failed: 125: Domain does not support specified action\n');
        const name = readPlist(readFileSync(file, 'utf8'))['Label'] as string;
        if (this.disabled.has(`${domain}/${name}`) || this.loaded.has(`${domain}/${name}`)) {
          return answer(
            5,
            'Bootstrap failed: 5: Input/output error\nTry re-running the command as root for richer errors.\n',
          );
        }
        this.load(domain, file);
        return answer(0, '');
      }
      case 'bootout':
        if (job === undefined) return answer(3, 'Boot-out failed: 3: No such process\n');
        if (job.leaving !== null) return answer(36, 'Boot-out failed: 36: Operation now in progress\n');
        job.leaving = this.behaviours.get(label)?.lingers ?? 0;
        return answer(0, '');
      case 'enable':
        this.disabled.delete(target);
        return answer(0, '');
      case 'print-disabled':
        return answer(
          0,
          '',
          `\tdisabled services = {\n${[...this.disabled].map((name) => `\t\t"${name.slice(name.lastIndexOf('/') + 1)}" => disabled\n`).join('')}\t}\n`,
        );
      case 'kickstart':
        if (job === undefined) return answer(113, 'Could not find service\n');
        job.pid = this.#lastPid += 1;
        return answer(0, '');
      case 'kill':
        return this.loaded.has(file) ? answer(0, '') : answer(113, 'Could not find service\n');
      default:
        return answer(64, 'Unrecognized subcommand\n');
    }
  }

  #printDomain(domain: string): string {
    const lines = [...this.loaded].flatMap(([target, { pid, lastExit }]) =>
      target.startsWith(`${domain}/`)
        ? [
            `\t\t${String(pid ?? 0).padStart(8)} ${String(lastExit ?? '-').padStart(6)} \t${target.slice(domain.length + 1)}\n`,
          ]
        : [],
    );
    return `${domain} = {\n\ttype = system\n\tservices = {\n\t\t     214      - \tcom.apple.runningboardd\n${lines.join('')}\t\t       0   (pe) \tcom.apple.lskdd\n\t}\n\n\tendpoints = {\n\t\t 0x1 M A com.apple.x\n\t}\n}\n`;
  }
}

const answer = (exitCode: number, stderr: string, stdout = ''): RunResult => ({
  exitCode,
  stdout,
  stderr,
  timedOut: false,
});

const printJob = (target: string, { pid, lastExit, file }: Loaded): string =>
  [
    `${target} = {`,
    `\tactive count = ${pid === null ? 0 : 1}`,
    `\tpath = ${file}`,
    '\ttype = LaunchDaemon',
    `\tstate = ${pid === null ? 'not running' : 'running'}`,
    '\tenvironment = {',
    '\t\tpid = 1',
    '\t}',
    ...(pid === null ? [] : [`\tpid = ${pid}`]),
    `\tlast exit code = ${lastExit === null ? '(never exited)' : lastExit === 78 ? '78: EX_CONFIG' : lastExit}`,
    '}',
    '',
  ].join('\n');
