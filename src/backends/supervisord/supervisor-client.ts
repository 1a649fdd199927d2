import * as z from '../../system/schema.js';
import { managerAnswers, type AnswerLimits, type ManagerAnswers } from '../shared/manager-answers.js';
import {
  callRpc,
  faultIn,
  RpcFault,
  RpcTransportError,
  type RpcCall,
  type RpcEndpoint,
  type RpcValue,
} from './xml-rpc.js';

/** supervisord's own names of its faults (supervisor/xmlrpc.py, class Faults). */
const faultNames = {
  1: 'UNKNOWN_METHOD',
  2: 'INCORRECT_PARAMETERS',
  3: 'BAD_ARGUMENTS',
  4: 'SIGNATURE_UNSUPPORTED',
  6: 'SHUTDOWN_STATE',
  10: 'BAD_NAME',
  11: 'BAD_SIGNAL',
  20: 'NO_FILE',
  21: 'NOT_EXECUTABLE',
  30: 'FAILED',
  40: 'ABNORMAL_TERMINATION',
  50: 'SPAWN_ERROR',
  60: 'ALREADY_STARTED',
  70: 'NOT_RUNNING',
  80: 'SUCCESS',
  90: 'ALREADY_ADDED',
  91: 'STILL_RUNNING',
  92: 'CANT_REREAD',
} as const;

export type FaultName = (typeof faultNames)[keyof typeof faultNames] | 'UNKNOWN';

const nameOf = (code: number): FaultName =>
  Object.hasOwn(faultNames, code) ? faultNames[code as keyof typeof faultNames] : 'UNKNOWN';

/** supervisord refused a call. */
export class SupervisorFault extends Error {
  /** Its own name for the reason. */
  readonly fault: FaultName;

  constructor({ code, message }: RpcFault) {
    super(message);
    this.name = 'SupervisorFault';
    this.fault = nameOf(code);
  }
}

const stateNames = ['STOPPED', 'STARTING', 'RUNNING', 'BACKOFF', 'STOPPING', 'EXITED', 'FATAL', 'UNKNOWN'] as const;
/** supervisord's names for what a process is doing (https://supervisord.org/subprocess.html#process-states). */
export type SupervisorState = (typeof stateNames)[number];

const processInfo = z.object({
  name: z.string(),
  group: z.string(),
  statename: z.enum(stateNames),
  /** Seconds since the epoch; 0 for never. */
  start: z.number(),
  stop: z.number(),
  spawnerr: z.string(),
  exitstatus: z.number(),
  /** 0 when it does not run. */
  pid: z.number(),
  description: z.string(),
});
/** What supervisord says of one process. A program is a group of one process unless it sets `numprocs`. */
export type ProcessInfo = Readonly<z.infer<typeof processInfo>>;

/** What supervisord calls a process: its group, and its name there. */
export type ProcessName = Pick<ProcessInfo, 'group' | 'name'>;

const reloadResult = z.tuple([z.tuple([z.array(z.string()), z.array(z.string()), z.array(z.string())])]);
/** How the configuration files differ from what supervisord has loaded, by names of groups. */
export interface ConfigDifference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** The methods of supervisord's XML-RPC interface that we call (https://supervisord.org/api.html). */
export interface SupervisorClient {
  readonly endpoint: RpcEndpoint;
  getPid(): Promise<number>;
  /** One query for all processes. */
  getAllProcesses(): Promise<readonly ProcessInfo[]>;
  /** One query for some of them: cheaper than all, if they are few. Those that supervisord does not know are left out. */
  getProcesses(processes: readonly ProcessName[]): Promise<readonly ProcessInfo[]>;
  /** Reads the configuration files; loads and unloads nothing. Throws the fault CANT_REREAD when one is wrong. */
  reloadConfig(): Promise<ConfigDifference>;
  /** Several calls in one, in order; each has its own result. */
  callAll(calls: readonly RpcCall[]): Promise<readonly (RpcValue | SupervisorFault)[]>;
  /** Asks supervisord to stop everything and end; returns before it has. */
  shutdown(): Promise<void>;
}

export const addGroup = (group: string): RpcCall => ({ method: 'supervisor.addProcessGroup', params: [group] });
export const removeGroup = (group: string): RpcCall => ({ method: 'supervisor.removeProcessGroup', params: [group] });

const processName = ({ group, name }: ProcessName): string => `${group}:${name}`;
// These two come back at once: supervisord answers a call that waits by looking every second.
export const startProcess = (process: ProcessName): RpcCall => ({
  method: 'supervisor.startProcess',
  params: [processName(process), false],
});
export const stopProcess = (process: ProcessName): RpcCall => ({
  method: 'supervisor.stopProcess',
  params: [processName(process), false],
});
export const signalProcess = (process: ProcessName, signal: string): RpcCall => ({
  method: 'supervisor.signalProcess',
  params: [processName(process), signal],
});

/** What an answer says. @throws RpcTransportError when that is not what the method promises: another server may listen */
const understood = <Schema extends z.ZodMiniType>(
  schema: Schema,
  answer: RpcValue,
  method: string,
): z.infer<Schema> => {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  const why = z.prettifyError(read.error);
  throw new RpcTransportError('not understood', `its answer to ${method} is none of supervisord's: ${why}`);
};

/** How to wait for the supervisord that listens there. */
export const answersOf = ({ address }: RpcEndpoint, limits?: AnswerLimits): ManagerAnswers => {
  const server = address.kind === 'unix' ? `unix://${address.path}` : `http://${address.host}:${address.port}`;
  return managerAnswers({ name: 'supervisord', check: `supervisorctl -s ${server} pid` }, limits);
};

/**
 * A client of the supervisord that listens there. Connects at each call.
 *
 * Every method throws SupervisorFault when supervisord refuses, RpcTransportError when it cannot be asked, NoAnswerError when
 * it does not answer in time, and WaitInterruptedError when a signal ends the waiting.
 *
 * @param limits Default: a minute for an answer
 */
export const supervisorClient = (endpoint: RpcEndpoint, limits?: AnswerLimits): SupervisorClient => {
  const answers = answersOf(endpoint, limits);
  const call = async (method: string, ...params: RpcValue[]): Promise<RpcValue> => {
    try {
      return await answers.question(method, (signal) => callRpc(endpoint, { method, params }, signal));
    } catch (error) {
      throw error instanceof RpcFault ? new SupervisorFault(error) : error;
    }
  };
  const ask = async <Schema extends z.ZodMiniType>(method: string, schema: Schema): Promise<z.infer<Schema>> =>
    understood(schema, await call(method), method);
  const callAll: SupervisorClient['callAll'] = async (calls) => {
    if (calls.length === 0) return [];
    const structs = calls.map(({ method, params }) => ({ methodName: method, params }));
    const method = 'system.multicall';
    const results = understood(z.array(z.custom<RpcValue>()), await call(method, structs), method);
    if (results.length !== calls.length) {
      throw new RpcTransportError('not understood', `it gave ${results.length} answers to ${calls.length} calls`);
    }
    return results.map((result) => {
      const fault = faultIn(result);
      return fault === null ? result : new SupervisorFault(fault);
    });
  };
  return {
    endpoint,
    callAll,
    getPid: () => ask('supervisor.getPID', z.number()),
    getAllProcesses: () => ask('supervisor.getAllProcessInfo', z.array(processInfo)),
    getProcesses: async (processes) => {
      const infos = await callAll(
        processes.map((process) => ({ method: 'supervisor.getProcessInfo', params: [processName(process)] })),
      );
      return infos.flatMap((info) => {
        if (!(info instanceof SupervisorFault)) return [understood(processInfo, info, 'supervisor.getProcessInfo')];
        if (info.fault === 'BAD_NAME') return [];
        throw info;
      });
    },
    reloadConfig: async () => {
      const [[added, changed, removed]] = await ask('supervisor.reloadConfig', reloadResult);
      return { added, changed, removed };
    },
    shutdown: async () => {
      await call('supervisor.shutdown');
    },
  };
};
