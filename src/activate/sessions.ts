import type { DeployedProfile, ManagerSession } from '../backends/backend.js';
import { defaultAnswerLimits } from '../backends/shared/manager-answers.js';
import { loadBackend } from '../backends/registry.js';
import type { ManagerName } from '../model/process-model.js';
import type { Timeouts } from '../model/time-outs.js';
import type { Ports } from '../system/ports.js';

/** A generation, the manager that runs it, and what the backend sees of it. */
export interface ManagedProfile {
  readonly manager: ManagerName;
  readonly profile: DeployedProfile;
}

/** What connecting to any manager takes. */
export interface SessionSettings {
  readonly profileName: string;
  readonly profileLink: string;
  readonly managerOptions: Readonly<Record<string, string>>;
  readonly jobs: number;
  /** Default: none is set. */
  readonly timeouts?: Timeouts;
  /** Seconds that a manager has to answer. Default, and for null: what managerAnswers allows. */
  readonly answerTimeout?: number | null;
  /** See SessionContext. */
  readonly repair?: boolean;
}

/** Connections to the managers that an activation involves: the old generation's and the new one's, often the same. */
export interface Sessions {
  of(manager: ManagerName): ManagerSession;
}

/**
 * @param others generations of which something may still run
 * @throws ManagerUnavailableError when one of them cannot be reached
 */
export const connectSessions = async (
  current: ManagedProfile | null,
  target: ManagedProfile | null,
  others: readonly ManagedProfile[],
  { answerTimeout = null, ...settings }: SessionSettings,
  ports: Ports,
): Promise<Sessions> => {
  const sessions = new Map<ManagerName, ManagerSession>();
  for (const side of [current, target, ...others]) {
    if (side === null || sessions.has(side.manager)) continue;
    const { manager } = side;
    const backend = await loadBackend(manager);
    const session = await backend.connect({
      ...ports,
      ...settings,
      answerLimits: {
        ...defaultAnswerLimits,
        ...(answerTimeout === null ? {} : { patience: answerTimeout * 1000 }),
        stopSignals: ports.stopSignals,
      },
      current: current?.manager === manager ? current.profile : null,
      target: target?.manager === manager ? target.profile : side.profile,
    });
    sessions.set(manager, session);
  }
  return {
    of: (manager) => {
      const session = sessions.get(manager);
      if (session === undefined) throw new Error(`there is no session with ${manager}`);
      return session;
    },
  };
};
