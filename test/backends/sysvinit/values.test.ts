import { sysvinit } from '../../../src/backends/sysvinit/index.js';
import { testValuesOfScripts } from '../support/script-values.js';
import { makePlace } from './support/service.js';

testValuesOfScripts(sysvinit, makePlace);
