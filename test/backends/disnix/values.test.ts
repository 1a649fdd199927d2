import { disnix } from '../../../src/backends/disnix/index.js';
import { testValuesOfScripts } from '../support/script-values.js';
import { makePlace } from './support/service.js';

testValuesOfScripts(disnix, makePlace);
