import { MissingProgramError } from '../../system/run.js';
import { ActivationError, ManagerUnavailableError } from '../../system/errors.js';
import type { Ports, RunResult } from '../../system/ports.js';

/** A container engine that answers, as its command line. */
export interface ContainerEngine {
  /** The program: "docker", "podman" or a path. */
  readonly program: string;
  /** Whether it is Podman itself, without a server. */
  readonly isPodman: boolean;
  /** Runs `PROGRAM ARGS…`. */
  readonly run: (...args: readonly string[]) => Promise<RunResult>;
}

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

/** What came of asking a program whether there is an engine behind it. */
type Answer =
  | { readonly ok: true; readonly engine: ContainerEngine }
  | { readonly ok: false; readonly program: string; readonly why: string };

/** An engine that cannot be reached may let its client wait for ever. */
const patience = 20_000;

const ask = async (program: string, { run, log }: Ports): Promise<Answer> => {
  let result: RunResult;
  try {
    result = await run({ file: program, args: ['version', '--format', '{{json .}}'], timeout: patience });
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error;
    return { ok: false, program, why: 'it is not installed' };
  }
  if (result.timedOut) return { ok: false, program, why: `it did not answer within ${patience / 1000} seconds` };
  if (result.exitCode !== 0) return { ok: false, program, why: engineWords(result) };
  // Podman's own command line has no server, unless it talks to a remote one.
  const isPodman = !/"Server":\s*\{/.test(result.stdout);
  return {
    ok: true,
    engine: {
      program,
      isPodman,
      run: (...args) => {
        log.debug({ command: [program, ...args] }, 'calling the container engine');
        return run({ file: program, args });
      },
    },
  };
};

/** The variable that chooses an engine: docker, podman or the path of a program that is called like them. */
export const engineVariable = 'NIXPROC_CONTAINER_ENGINE';

/**
 * Finds the engine: the one that NIXPROC_CONTAINER_ENGINE names, docker alone when DOCKER_HOST is set, else docker or
 * podman, whichever answers. When both do, the one that runs containers of ours goes on running them.
 *
 * @param runsOurs whether an engine has containers of the profile
 * @throws ManagerUnavailableError saying why each candidate is none
 */
export const findEngine = async (
  ports: Ports,
  runsOurs: (engine: ContainerEngine) => Promise<boolean>,
): Promise<ContainerEngine> => {
  const { env } = ports;
  const chosen = env[engineVariable] ?? '';
  const isRemote = (env['DOCKER_HOST'] ?? '') !== '';
  const candidates = chosen !== '' ? [chosen] : isRemote ? ['docker'] : ['docker', 'podman'];
  const answers = await Promise.all(candidates.map((program) => ask(program, ports)));
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
  if (engines.length === 1) return first;
  for (const engine of engines) {
    if (await runsOurs(engine)) return engine;
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
