import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRequest, RunResult } from '../../../src/system/ports.js';

export const answer = (stdout = '', exitCode = 0, stderr = ''): RunResult => ({
  exitCode,
  stdout,
  stderr,
  timedOut: false,
});

/** A user's systemd as systemctl shows it: units are active or are not. */
export class FakeSystemd {
  readonly active = new Set<string>();
  /** What was done to units, in order. */
  readonly effects: string[] = [];

  constructor(readonly unitDirectory: string) {}

  readonly run = ({ args }: RunRequest): RunResult => {
    const words = args.filter((word) => !['--user', '--no-pager', '--no-ask-password'].includes(word));
    const [verb = '', ...rest] = words;
    const end = rest.indexOf('--');
    const names = end < 0 ? [] : rest.slice(end + 1);
    switch (verb) {
      case 'list-units':
        return answer([...this.active].map((name) => `${name} loaded active running ${name}\n`).join(''));
      case 'show':
        return answer(names.length === 0 ? this.#ownProperties() : names.map((name) => this.#show(name)).join('\n\n'));
      case 'daemon-reload':
        return answer();
      default:
        return this.#act(verb, names);
    }
  };

  #ownProperties(): string {
    return `Version=252\nUnitPath=${this.unitDirectory} /usr/lib/systemd/user\n`;
  }

  #show(name: string): string {
    const isActive = this.active.has(name);
    return [
      `Id=${name}`,
      `ActiveState=${isActive ? 'active' : 'inactive'}`,
      `MainPID=${isActive ? 4242 : 0}`,
      'Result=success',
      'ReloadResult=success',
      `ActiveEnterTimestamp=${isActive ? 'Sat 2026-11-21 06:40:44 UTC' : ''}`,
      `InactiveExitTimestampMonotonic=${isActive ? '1000' : '0'}`,
    ].join('\n');
  }

  #wantedBy(target: string): readonly string[] {
    try {
      const text = readFileSync(join(this.unitDirectory, target), 'utf8');
      return [...text.matchAll(/^Wants=(.*)$/gm)].flatMap(([, names = '']) => names.split(' '));
    } catch {
      return [];
    }
  }

  #act(verb: string, names: readonly string[]): RunResult {
    if (['start', 'restart', 'try-restart', 'stop', 'reload', 'kill'].includes(verb) && names.length > 0) {
      this.effects.push(`${verb} ${names.join(' ')}`);
    }
    for (const name of names) {
      if (verb === 'stop') this.active.delete(name);
      if (verb === 'start' || verb === 'restart') {
        this.active.add(name);
        if (name.endsWith('.target')) for (const wanted of this.#wantedBy(name)) this.active.add(wanted);
      }
    }
    return answer();
  }
}
