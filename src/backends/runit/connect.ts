import type { ManagerSession, SessionContext } from '../backend.js';
import { createSession } from './session.js';

/** runit needs no running manager: a runsvdir is started for the profile. @throws ManagerUnavailableError when it is not installed */
export const connect = (context: SessionContext): Promise<ManagerSession> => Promise.resolve(createSession(context));
