import { sysvinit } from '../../../../src/backends/sysvinit/index.js';
import type { Account } from '../../../support/accounts.js';
import { makePlaceFor, type Place } from '../../support/script-service.js';

export * from '../../support/script-service.js';

/** Makes a place for init scripts, whose directories an account can write. */
export const makePlace = (owner?: Account): Promise<Place> => makePlaceFor({ backend: sysvinit }, owner);
