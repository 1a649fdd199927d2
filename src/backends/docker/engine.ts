import { basename } from 'node:path';
import { MissingProgramError } from '../../system/run.js';
import { ActivationError, ManagerUnavailableError } from '../../system/errors.js';
import type { Ports, RunResult } from '../../system/ports.js';
import { mayHavePodmanContainers } from './podman-storage.js';
import { managerAnswers, NoAnswerError, type AnswerLimits } from '../shared/manager-answers.js';

/** A container engine that answers, as its command line. */
export interface ContainerEngine {
  /** The program: "docker", "podman" or a path. */
  readonly program: string;
  /** Whether it is Podman itself, without a server. */
  readonly isPodman: boolean;
  /** Runs `PROGRAM ARGS…`, which the engine answers at once. @throws as managerAnswers says; so does `runFor` */
  readonly run: (...args: readonly string[]) => Promise<RunResult>;
  /** Runs what may take so many milliseconds longer. */
  readonly runFor: (milliseconds: number, ...args: readonly string[]) => Promise<RunResult>;
  /**
   * The names of the programs that run as these PIDs, by PID, without those that do not live; null where nobody tells. Default:
   * the processes of this engine cannot be seen from here.
   */
  readonly programs?: (pids: readonly number[]) => Promise<ReadonlyMap<number, string> | null>;
}

/** Asks ps(1) which of these processes live. */
const programsOf =
  ({ run }: Pick<Ports, 'run'>) =>
  async (pids: readonly number[]): Promise<ReadonlyMap<number, string> | null> => {
    const list = pids.filter((pid) => pid > 0).join(',');
    try {
      // It fails when it finds none.
      const { stdout } = await run({ file: 'ps', args: ['-o', 'pid=,stat=,comm=', '-p', list], env: { LC_ALL: 'C' } });
      const found = stdout.matchAll(/^\s*(\d+)\s+[^ZX\s]\S*\s+(.+)$/gm);
      return new Map([...found].map(([, pid, program = '']) => [Number(pid), program.trim()]));
    } catch (error) {
      if (error instanceof MissingProgramError) return null;
      throw error;
    }
  };

/** What a failed call of an engine says, without the words that every failure begins with. */
export const engineWords = ({ stderr, stdout, exitCode }: RunResult): string =>
  (stderr.trim() || stdout.trim() || `it ended with exit code ${exitCode}`)
    .replace(/^(?:Error response from daemon|Error|time=\S+ level=error msg)[:=] */gim, '')
    .trim();

/**
 * Runs an engine where a failure is nobody's but its own.
 *
 * @returns what it printed
 * @throws ActivationError with the engine's words
 */
export const runEngine = async (engine: ContainerEngine, what: string, ...args: readonly string[]): Promise<string> => {
  const result = await engine.run(...args);
  if (result.exitCode === 0) return result.stdout;
  throw new ActivationError({
    what,
    why: `${engine.program} ${args[0] ?? ''}: ${engineWords(result)}`,
    fix: `See what the engine says to: ${engine.program} info`,
  });
};

/** Like `engine.run`, for what may take so many milliseconds longer; `args` begin with its name. */
export const runEngineFor = (
  engine: ContainerEngine,
  milliseconds: number,
  what: string,
  ...args: readonly string[]
): Promise<string> => runEngine({ ...engine, run: (...words) => engine.runFor(milliseconds, ...words) }, what, ...args);

/** What came of asking a program whether there is an engine behind it. */
type Answer =
  | { readonly ok: true; readonly engine: ContainerEngine }
  | {
      readonly ok: false;
      readonly program: string;
      readonly why: string;
      readonly silent?: NoAnswerError;
      /** It is not there at all, so that nothing runs in it. */
      readonly isMissing?: true;
    };

const ask = async (program: string, { run, log }: Ports, limits?: AnswerLimits): Promise<Answer> => {
  const answers = managerAnswers({ name: `The container engine (${program})`, check: `${program} version` }, limits);
  const inWords = (args: readonly string[]): string => [program, ...args].join(' ');
  const call = (args: readonly string[], signal: AbortSignal): Promise<RunResult> => {
    log.debug({ command: [program, ...args] }, 'calling the container engine');
    // Podman's containers are children of its commands.
    return run({ file: program, args, signal, startsClean: true });
  };
  const engineRun: ContainerEngine['run'] = (...args) =>
    answers.question(inWords(args), (signal) => call(args, signal));
  let result: RunResult;
  try {
    result = await engineRun('version', '--format', '{{json .}}');
  } catch (error) {
    if (error instanceof NoAnswerError) return { ok: false, program, why: error.message, silent: error };
    if (!(error instanceof MissingProgramError)) throw error;
    return { ok: false, program, why: 'it is not installed', isMissing: true };
  }
  if (result.exitCode !== 0) return { ok: false, program, why: engineWords(result) };
  // Podman's own command line has no server, unless it talks to a remote one.
  const isPodman = !/"Server":\s*\{/.test(result.stdout);
  return {
    ok: true,
    engine: {
      program,
      isPodman,
      run: engineRun,
      ...(isPodman ? { programs: programsOf({ run }) } : {}),
      runFor: (milliseconds, ...args) => answers.bounded(inWords(args), milliseconds, (signal) => call(args, signal)),
    },
  };
};

/** The variable that chooses an engine: docker, podman or the path of a program that is called like them. */
export const engineVariable = 'NIXPROC_CONTAINER_ENGINE';

/**
 * Finds the engine: the one that NIXPROC_CONTAINER_ENGINE names, docker alone when DOCKER_HOST is set, else docker or
 * podman, whichever answers. When both do, the one that runs containers of ours goes on running them; where one of them does
 * not answer in time, or does not run although the profile has containers, the other one is taken only if it runs them.
 *
 * @param runsOurs whether an engine has containers of the profile
 * @param options.limits how long engines are waited for. Default: that of managerAnswers
 * @param options.isDeployed whether the profile should have containers. Default: false
 * @param options.remembered the engine that had the profile's containers last: when it answers, no other one needs to. Default: not
 *   known
 * @param options.uid who asks: where an ordinary user has nothing in Podman, it is not asked when Docker answers. Default: the
 *   caller's
 * @throws ManagerUnavailableError saying why each candidate is none
 */
export const findEngine = async (
  ports: Ports,
  runsOurs: (engine: ContainerEngine) => Promise<boolean>,
  {
    limits,
    isDeployed = false,
    remembered = null,
    uid = process.getuid?.() ?? 0,
  }: {
    readonly limits?: AnswerLimits | undefined;
    readonly isDeployed?: boolean;
    readonly remembered?: string | null;
    readonly uid?: number;
  } = {},
): Promise<ContainerEngine> => {
  const { env } = ports;
  const chosen = env[engineVariable] ?? '';
  const isRemote = (env['DOCKER_HOST'] ?? '') !== '';
  const candidates = chosen !== '' ? [chosen] : isRemote ? ['docker'] : ['docker', 'podman'];
  const isQuiet = candidates.length > 1 && uid !== 0 && !mayHavePodmanContainers(env);
  const docker = isQuiet ? await ask('docker', ports, limits) : null;
  if (docker?.ok === true && !docker.engine.isPodman) return docker.engine;
  const answers = await Promise.all(
    candidates.map(async (program) => (docker !== null && program === 'docker' ? docker : ask(program, ports, limits))),
  );
  const engines = answers.flatMap((answer) => (answer.ok ? [answer.engine] : []));
  const [first] = engines;
  if (first === undefined) {
    throw new ManagerUnavailableError({
      what: 'There is no container engine to talk to',
      why: answers.flatMap((answer) => (answer.ok ? [] : [`${answer.program}: ${answer.why}`])).join('\n'),
      fix:
        chosen !== ''
          ? `Install or start it, or unset ${engineVariable}`
          : isRemote
            ? `Start the engine at DOCKER_HOST=${env['DOCKER_HOST'] ?? ''}, or unset the variable`
            : 'Install Podman (Debian: apt-get install podman crun catatonit), or install Docker and start its daemon',
    });
  }
  // What runs there is not gone because it does not say so.
  const silent = answers.flatMap((answer) => (answer.ok ? [] : (answer.silent ?? [])))[0];
  const last = engines.find(({ program }) => basename(program) === remembered);
  const down =
    isDeployed && last === undefined ? answers.find((answer) => !answer.ok && answer.isMissing !== true) : undefined;
  if (engines.length === 1 && silent === undefined && down === undefined) return first;
  for (const engine of engines) {
    if (await runsOurs(engine)) return engine;
  }
  if (silent !== undefined) throw silent;
  if (down?.ok === false) {
    throw new ManagerUnavailableError({
      what: `It is not known what runs of the profile: ${first.program} has none of its containers, and ${down.program} does not run`,
      why: `${down.program}: ${down.why}`,
      fix: `Start the engine behind ${down.program}; or, if ${first.program} is to have the containers, set ${engineVariable}=${first.program}`,
    });
  }
  return first;
};

/**
 * Whether root in a container is the caller, who is not root, and nobody else on the host.
 *
 * @throws ActivationError when the engine does not say
 */
export const isRootless = async (engine: ContainerEngine): Promise<boolean> => {
  if (engine.isPodman) return true;
  const docker = await engine.run('info', '--format', '{{json .SecurityOptions}}');
  if (docker.exitCode === 0) return docker.stdout.includes('rootless');
  const what = 'The container engine does not say who it runs as';
  return (await runEngine(engine, what, 'info', '--format', '{{.Host.Security.Rootless}}')).trim() === 'true';
};
