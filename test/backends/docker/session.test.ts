import { describe } from '@jest/globals';
import { useNamespace } from './support/in-namespace.js';
import { testLifeOfContainers } from './support/life-of-containers.js';
import { testLostWatchers } from './support/lost-watchers.js';

const namespace = useNamespace();
describe('containers of Podman', () => {
  testLifeOfContainers(namespace);
});
describe('containers whose conmon is killed', () => {
  testLostWatchers(namespace);
});
