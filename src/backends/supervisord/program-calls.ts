import type { DeployedUnit } from '../backend.js';
import { fromActivation } from './activation-data.js';
import { isDown } from './observation.js';
import { addGroup, startProcess, type ProcessInfo } from './supervisor-client.js';
import type { RpcCall } from './xml-rpc.js';

/** A call with the program that it is about. */
export interface ProgramCall {
  readonly program: string;
  readonly call: RpcCall;
}

/** One call for each process. */
export const callEach = (
  processes: readonly ProcessInfo[],
  call: (process: ProcessInfo) => RpcCall,
): readonly ProgramCall[] => processes.map((process) => ({ program: process.group, call: call(process) }));

/**
 * What starts a program: the processes of one that is loaded and down, or loading it.
 *
 * @param loaded its processes; undefined when it is not loaded
 */
export const startCalls = (unit: DeployedUnit, loaded: readonly ProcessInfo[] | undefined): readonly ProgramCall[] => {
  if (loaded !== undefined) {
    return callEach(
      loaded.filter(({ statename }) => isDown(statename)),
      startProcess,
    );
  }
  const { name } = unit;
  const { autostart, processes } = fromActivation(unit.activation);
  return [
    { program: name, call: addGroup(name) },
    // supervisord starts it by itself, but only when it next has a reason to look at its programs, and it does not say
    // then that there is nothing to execute.
    ...(autostart ? (processes ?? []) : []).map((process) => ({
      program: name,
      call: startProcess({ group: name, name: process }),
    })),
  ];
};
