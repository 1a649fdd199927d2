import { useNamespace } from './support/in-namespace.js';
import { testLifeOfContainers } from './support/life-of-containers.js';
testLifeOfContainers(useNamespace());
