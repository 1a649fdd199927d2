import type { ProcessName } from '../../model/process-model.js';
import type { LaidOutUnit, Layout } from '../backend.js';
import { filesIn } from '../shared/read-tree.js';
import type { Activation } from './activation-data.js';
import { defaultPrefix } from './service-name.js';

const suffix = '-cygrunsrvparams';

const processNameOf = (service: string): ProcessName =>
  (service.startsWith(defaultPrefix) ? service.slice(defaultPrefix.length) : service) as ProcessName;

const unitOf = (service: string, text: string): LaidOutUnit => {
  const parameters = text.split('\n').filter((line) => line !== '');
  const after = (...options: readonly string[]): readonly string[] =>
    parameters.filter((_, index) => options.includes(parameters[index - 1] ?? ''));
  const defaultLog = `/var/log/${service}.log`;
  const dependencies = after('--dep', '-y');
  const activation: Activation = {
    service,
    parameters,
    dependencies: [...dependencies],
    user: after('--user', '-u')[0] ?? null,
    logFiles: [...new Set([after('--stdout', '-1')[0] ?? defaultLog, after('--stderr', '-2')[0] ?? defaultLog])],
  };
  return {
    name: processNameOf(service),
    dependencies: dependencies.map(processNameOf),
    rank: null,
    properties: { parameters },
    activation,
  };
};

/** What cygrunsrv is told of each service, one parameter a line. */
export const readLayout = async (root: string): Promise<Layout | null> => {
  const files = await filesIn(root, '.', new RegExp(`^[^.].*${suffix}$`));
  return files.length === 0
    ? null
    : { units: files.map(({ name, text }) => unitOf(name.slice(0, -suffix.length), text)), data: {} };
};
