import type { ManagerSession, SessionContext } from '../backend.js';
import { S6RcSession } from './session.js';

/** @throws ManagerUnavailableError when s6-rc is not installed, or cannot keep its state where the profile wants it */
export const connect = async ({ current, target, ...ports }: SessionContext): Promise<ManagerSession> => {
  const session = new S6RcSession(current, target, ports);
  await session.checkPrograms();
  return session;
};
