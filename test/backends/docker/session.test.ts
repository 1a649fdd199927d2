import { jest } from '@jest/globals';
import { useNamespace } from './support/in-namespace.js';
import { testLifeOfContainers } from './support/life-of-containers.js';

jest.setTimeout(60_000);
testLifeOfContainers(useNamespace());
