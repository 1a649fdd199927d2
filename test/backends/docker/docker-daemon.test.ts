import { jest } from '@jest/globals';
import { tortureTimeout } from '../../support/torture-values.js';
import { docker } from './support/engines.js';
import { useNamespace } from './support/in-namespace.js';
import { testLifeOfContainers } from './support/life-of-containers.js';
import { testValues } from './support/value-torture.js';

jest.setTimeout(2 * tortureTimeout);
const place = useNamespace(docker());
testLifeOfContainers(place);
testValues(place, 'docker, dockerd');
