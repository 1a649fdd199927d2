import type { Run, RunResult } from '../../../../src/system/ports.js';

interface Service {
  state: string;
  readonly parameters: readonly string[];
  /** It has been deleted; somebody has it open for so many more looks. */
  deletedFor: number | null;
}

const messages: Readonly<Record<number, string>> = {
  1051: 'A stop control has been sent to a service that other running services are dependent on.',
  1060: 'The specified service does not exist as an installed service.',
  1062: 'The service has not been started.',
  1069: 'The service did not start due to a logon failure.',
  1072: 'The specified service has been marked for deletion.',
  1073: 'The specified service already exists.',
};

/** Windows' services as cygrunsrv shows them, with its words and Windows' numbers. */
export class FakeWindows {
  readonly calls: string[] = [];
  readonly services = new Map<string, Service>();
  /** Services whose program ends at once, with what it does before. */
  readonly broken = new Map<string, () => void>();
  /** How many looks a service is there after it was removed. */
  held = 0;

  readonly run: Run = ({ file, args }) => {
    if (file !== 'cygrunsrv') throw new Error(`unexpected: ${file}`);
    const [verb = '', name = '', ...parameters] = args;
    if (verb === '--list') return Promise.resolve({ exitCode: 0, stdout: this.#list(), stderr: '', timedOut: false });
    this.calls.push(args.join(' '));
    const error = this.#perform(verb, name, parameters);
    return Promise.resolve(answer(verb, error));
  };

  state(name: string): string | undefined {
    return this.services.get(name)?.state;
  }

  #dependents(name: string): readonly Service[] {
    return [...this.services.values()].filter(({ state, parameters }) =>
      state === 'Running'
        ? parameters.some((parameter, at) => parameter === name && parameters[at - 1] === '--dep')
        : false,
    );
  }

  #perform(verb: string, name: string, parameters: readonly string[]): number {
    const service = this.services.get(name);
    if (verb === '--install') {
      if (service !== undefined) return service.deletedFor === null ? 1073 : 1072;
      this.services.set(name, { state: 'Stopped', parameters, deletedFor: null });
      return 0;
    }
    if (service === undefined) return 1060;
    if (service.deletedFor !== null) return 1072;
    switch (verb) {
      case '--start':
        this.broken.get(name)?.();
        if (this.broken.has(name)) return 1062;
        for (const [at, parameter] of service.parameters.entries()) {
          const dependency = service.parameters[at - 1] === '--dep' ? this.services.get(parameter) : undefined;
          if (dependency !== undefined) dependency.state = 'Running';
        }
        service.state = 'Running';
        return 0;
      case '--stop':
        if (this.#dependents(name).length > 0) return 1051;
        service.state = 'Stopped';
        return 0;
      case '--remove':
        if (this.#dependents(name).length > 0) return 1051;
        service.state = 'Stopped';
        service.deletedFor = this.held;
        this.#forget(name, service);
        return 0;
      default:
        throw new Error(`unexpected: ${verb}`);
    }
  }

  #forget(name: string, service: Service): void {
    if (service.deletedFor === null) return;
    service.deletedFor -= 1;
    if (service.deletedFor < 0) this.services.delete(name);
  }

  #list(): string {
    const blocks = [...this.services].map(([name, service]) => {
      this.#forget(name, service);
      return [
        `Service             : ${name}`,
        `Display name        : ${name}`,
        `Current State       : ${service.state}`,
        ...(service.state === 'Running' ? ['Controls Accepted   : Stop'] : []),
        'Command             : /bin/x',
        'stdin path          : /dev/null',
        'Process Type        : Own Process',
        'Startup             : Automatic',
        'Account             : LocalSystem',
        '',
      ].join('\r\n');
    });
    return blocks.join('\r\n');
  }
}

const doing: Readonly<Record<string, string>> = {
  '--install': 'installing',
  '--start': 'starting',
  '--stop': 'stopping',
  '--remove': 'removing',
};

const answer = (verb: string, error: number): RunResult => ({
  exitCode: error === 0 ? 0 : 1,
  stdout: '',
  stderr:
    error === 0
      ? ''
      : `cygrunsrv: Error ${doing[verb] ?? ''} a service: OpenService:  Win32 error ${error}:\n${messages[error] ?? ''}\n`,
  timedOut: false,
});
