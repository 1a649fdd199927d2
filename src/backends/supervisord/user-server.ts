import { access, readFile } from 'node:fs/promises';
import { isAbsolute, join, normalize, resolve } from 'node:path';
import { UsageError } from '../../system/errors.js';
import type { Ports } from '../../system/ports.js';
import type { AnswerLimits } from '../shared/manager-answers.js';
import { expandFormat } from './format-string.js';
import { parseIni, type IniFile } from './ini.js';
import { explaining, type SupervisordServer } from './server.js';
import { supervisorClient } from './supervisor-client.js';
import type { RpcEndpoint } from './xml-rpc.js';

type Option = (section: string, name: string) => string | undefined;

const unixAddress = (path: string, directory: string): RpcEndpoint['address'] => ({
  kind: 'unix',
  path: isAbsolute(path) ? normalize(path) : resolve(directory, path),
});

/** `9001`, `:9001`, `*:9001` and `HOST:9001`: the first three listen everywhere, and this machine is enough for us. */
const inetAddress = (port: string): RpcEndpoint['address'] | null => {
  const [, host, number] = /^(?:(.*):)?(\d+)$/.exec(port.trim()) ?? [];
  if (number === undefined) return null;
  return {
    kind: 'inet',
    host: host === undefined || host === '' || host === '*' ? '127.0.0.1' : host,
    port: Number(number),
  };
};

const urlAddress = (url: string, directory: string): RpcEndpoint['address'] | null => {
  if (url.startsWith('unix://')) return unixAddress(url.slice('unix://'.length), directory);
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'http:') return null;
  return {
    kind: 'inet',
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port === '' ? '80' : parsed.port),
  };
};

/**
 * Finds out from supervisord.conf where supervisord listens: as supervisorctl does, [supervisorctl] comes first, then
 * the servers themselves. Null when it does not say.
 *
 * @param directory where the file is: for `%(here)s` and relative paths
 */
export const endpointIn = (file: IniFile, directory: string, env: Ports['env']): RpcEndpoint | null => {
  const values = Object.fromEntries([
    ['here', directory],
    ...Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[`ENV_${name}`, value]])),
  ]) as Record<string, string>;
  const option: Option = (section, name) => {
    const value = file.get(section)?.get(name);
    return value === undefined ? undefined : (expandFormat(value, values) ?? undefined);
  };
  const credentials = (...sections: readonly string[]): RpcEndpoint['credentials'] => {
    for (const section of sections) {
      const [username, password] = [option(section, 'username'), option(section, 'password')];
      if (username !== undefined && password !== undefined) return { username, password };
    }
    return null;
  };
  const url = option('supervisorctl', 'serverurl');
  const path = option('unix_http_server', 'file');
  const port = option('inet_http_server', 'port');
  const [address, section] = ((): readonly [RpcEndpoint['address'] | null, string] => {
    if (url !== undefined)
      return [urlAddress(url, directory), url.startsWith('unix:') ? 'unix_http_server' : 'inet_http_server'];
    if (path !== undefined) return [unixAddress(path, directory), 'unix_http_server'];
    return [port === undefined ? null : inetAddress(port), 'inet_http_server'];
  })();
  return address === null ? null : { address, credentials: credentials('supervisorctl', section) };
};

const describe = ({ address }: RpcEndpoint): string =>
  address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;

/**
 * The user's own supervisord, which the supervisord.conf in SUPERVISORD_CONF_DIR names. Links to our programs go into
 * conf.d there.
 *
 * @throws UsageError when the file does not say where it listens; ManagerUnavailableError when it cannot be asked
 */
export const connectUserServer = async (
  confDir: string,
  env: Ports['env'],
  limits?: AnswerLimits,
): Promise<SupervisordServer> => {
  const directory = resolve(confDir);
  const configuration = join(directory, 'supervisord.conf');
  const text = await readFile(configuration, 'utf8').catch((cause: unknown) => {
    throw new UsageError(
      {
        what: `${configuration} cannot be read`,
        why: `SUPERVISORD_CONF_DIR says that your supervisord is configured there: ${cause instanceof Error ? cause.message : String(cause)}`,
        fix: 'Correct SUPERVISORD_CONF_DIR, or unset it to have a supervisord started for the profile',
      },
      { cause },
    );
  });
  const endpoint = endpointIn(parseIni(text), directory, env);
  if (endpoint === null) {
    throw new UsageError({
      what: `${configuration} does not say where supervisord listens`,
      why: 'It has no usable serverurl in [supervisorctl], file in [unix_http_server] or port in [inet_http_server]',
      fix: 'Add a section [unix_http_server] with a file, and restart supervisord',
    });
  }
  const programDirectory = join(directory, 'conf.d');
  await access(programDirectory).catch((cause: unknown) => {
    throw new UsageError(
      {
        what: `There is no directory ${programDirectory}`,
        why: 'The programs of a deployment are linked there',
        fix: `Make it, and add to ${configuration}: [include] files = conf.d/*.conf`,
      },
      { cause },
    );
  });
  const client = explaining(supervisorClient(endpoint, limits), describe(endpoint));
  await client.getPid();
  return {
    client,
    programDirectory,
    exclusive: false,
    isRunning: async () => {
      await client.getPid();
      return true;
    },
    ask: (question) => question(client),
    // Whoever started it looks after it.
    remember: () => Promise.resolve(),
    noteStopped: () => Promise.resolve(),
    stopped: () => Promise.resolve(new Set()),
    leftBehind: () => Promise.resolve(null),
    ensureRunning: async () => {
      await client.getPid();
      return false;
    },
    end: async () => undefined,
  };
};
