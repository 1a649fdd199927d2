import { disnix } from '../../../../src/backends/disnix/index.js';
import type { Account } from '../../../support/accounts.js';
import { makePlaceFor, type Place } from '../../support/script-service.js';

/** Makes a place for process scripts, whose directories an account can write. */
export const makePlace = (owner?: Account): Promise<Place> => makePlaceFor({ backend: disnix }, owner);
