import { jest } from '@jest/globals';
import { tortureTimeout } from '../../support/torture-values.js';
import { useNamespace } from './support/in-namespace.js';
import { testValues } from './support/value-torture.js';

jest.setTimeout(2 * tortureTimeout);
testValues(useNamespace(), 'docker, podman');
