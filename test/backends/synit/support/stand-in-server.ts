import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isRecord,
  isSymbol,
  writePreserves,
  type Preserves,
  type PreservesRecord,
} from '../../../../src/backends/synit/preserves.js';
import { readPreserves } from '../../../../src/backends/synit/read-preserves.js';

interface Spec {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly dir: string | undefined;
  readonly readyOnStart: boolean;
  readonly restart: string;
}

/** One daemon that is required. */
interface Daemon {
  readonly spec: Spec;
  readonly needs: readonly string[];
  child: ChildProcess | null;
  states: ReadonlySet<string>;
}

const labelOf = (value: Preserves): string | null =>
  isRecord(value) && isSymbol(value.label) ? value.label.name : null;

const field = (value: PreservesRecord, index: number): Preserves => value.fields[index] ?? '';

const specOf = (value: Preserves): Spec => {
  if (typeof value !== 'object' || !('kind' in value) || value.kind !== 'dictionary') throw new Error('no dictionary');
  const entries = new Map(value.entries.map(([key, entry]) => [isSymbol(key) ? key.name : '', entry]));
  const environment = entries.get('env');
  const restart = entries.get('restart');
  const pairs =
    typeof environment === 'object' && 'kind' in environment && environment.kind === 'dictionary'
      ? environment.entries
      : [];
  return {
    argv: entries.get('argv') as unknown as [string, ...string[]],
    env: Object.fromEntries(pairs) as Record<string, string>,
    dir: entries.get('dir') as string | undefined,
    readyOnStart: entries.get('readyOnStart') !== false,
    restart: restart !== undefined && isSymbol(restart) ? restart.name : 'always',
  };
};

/**
 * Does with a directory of assertions what syndicate-server does, as far as daemons go: starts what is required once the
 * states that it depends on are there, starts it again when it ends, takes everything back that a changed file asserted.
 */
export class StandInServer {
  readonly #texts = new Map<string, string>();
  readonly #daemons = new Map<string, Daemon>();
  readonly #messages = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  /** How often each daemon was started, by its name as Preserves text. */
  readonly starts = new Map<string, number>();

  /**
   * @param owner whom its daemons run as; default: whoever runs this
   * @param launcher a command that hands on what the server itself would have, and becomes the daemon; default: none
   */
  constructor(
    readonly directory: string,
    readonly owner: { readonly uid?: number; readonly gid?: number } = {},
    readonly launcher: readonly string[] = [],
  ) {
    this.#timer = setInterval(() => {
      this.#look();
    }, 5);
  }

  /** Ends it with all of its daemons. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const ends = [...this.#daemons.values()].map(({ child }) => endOf(child));
    this.#daemons.clear();
    await Promise.all(ends);
  }

  #look(): void {
    const files = readdirSync(this.directory).filter((name) => name.endsWith('.pr'));
    const texts = new Map<string, string>();
    for (const name of files) {
      const path = join(this.directory, name);
      if (existsSync(path)) texts.set(name, readFileSync(path, 'utf8'));
    }
    const changed =
      [...this.#texts].some(([name, text]) => texts.get(name) !== text) || texts.size !== this.#texts.size;
    if (changed) this.#load(texts);
    for (const [name, daemon] of this.#daemons) this.#startIfReady(name, daemon);
  }

  #load(texts: ReadonlyMap<string, string>): void {
    const before = new Map(this.#texts);
    this.#texts.clear();
    for (const [name, text] of texts) this.#texts.set(name, text);
    const wanted = new Map<string, Omit<Daemon, 'child' | 'states'>>();
    const stale = new Set<string>();
    for (const name of new Set([...before.keys(), ...texts.keys()])) {
      if (before.get(name) === texts.get(name)) continue;
      for (const daemon of daemonsIn(before.get(name) ?? '').keys()) stale.add(daemon);
    }
    for (const [name, text] of texts) {
      for (const line of text.split('\n').filter((candidate) => candidate.startsWith('! '))) {
        if (before.get(name) === text || this.#messages.has(line)) continue;
        const message = readPreserves(line.slice(2)) as PreservesRecord;
        stale.add(writePreserves(field(message, 0)));
      }
      for (const [daemon, description] of daemonsIn(text)) wanted.set(daemon, description);
    }
    for (const [name, daemon] of [...this.#daemons]) {
      if (!stale.has(name) && wanted.has(name)) continue;
      this.#daemons.delete(name);
      daemon.child?.kill('SIGTERM');
    }
    for (const [name, description] of wanted) {
      if (!this.#daemons.has(name)) this.#daemons.set(name, { ...description, child: null, states: new Set() });
    }
  }

  #startIfReady(name: string, daemon: Daemon): void {
    if (daemon.child !== null) return;
    const isMet = daemon.needs.every((need) => {
      const state = readPreserves(need) as PreservesRecord;
      const other = this.#daemons.get(writePreserves(field(state, 0)));
      return other?.states.has(writePreserves(field(state, 1))) === true;
    });
    if (!isMet) return;
    const { argv, env, dir, readyOnStart, restart } = daemon.spec;
    const [program = '', ...args] = [...this.launcher, ...argv];
    this.starts.set(name, (this.starts.get(name) ?? 0) + 1);
    const child = spawn(program, args, { env, cwd: dir ?? '/', stdio: 'ignore', ...this.owner });
    daemon.child = child;
    if (readyOnStart) daemon.states = new Set(['ready']);
    child.once('exit', (code) => {
      if (code === 0) daemon.states = new Set(['complete']);
      const isOver = restart === 'never' || (restart !== 'always' && code === 0);
      if (!isOver && this.#daemons.get(name) === daemon) {
        setTimeout(() => {
          daemon.child = null;
        }, 20);
      }
    });
  }
}

const endOf = (child: ChildProcess | null): Promise<void> =>
  child?.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => {
        child.once('exit', () => {
          resolve();
        });
        child.kill('SIGTERM');
      });

const daemonsIn = (text: string): ReadonlyMap<string, Omit<Daemon, 'child' | 'states'>> => {
  const assertions = text
    .split('\n')
    .filter((line) => line.startsWith('<'))
    .map((line) => readPreserves(line) as PreservesRecord);
  const named = assertions.filter((assertion) => labelOf(assertion) === 'daemon');
  return new Map(
    named.map((assertion) => {
      const name = `<daemon ${writePreserves(field(assertion, 0))}>`;
      const needs = assertions
        .filter((other) => labelOf(other) === 'depends-on' && writePreserves(field(other, 0)) === name)
        .map((other) => writePreserves(field(other, 1)));
      return [name, { spec: specOf(field(assertion, 1)), needs }];
    }),
  );
};
