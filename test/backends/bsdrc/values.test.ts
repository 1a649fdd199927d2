import { bsdrc } from '../../../src/backends/bsdrc/index.js';
import { testValuesOfScripts } from '../support/script-values.js';
import { makePlace } from './support/service.js';

testValuesOfScripts(bsdrc, makePlace);
