import { afterAll, beforeAll } from '@jest/globals';
import { createContainerNamespace, type ContainerNamespace } from '../../../support/container-namespace.js';
import { isRoot } from '../../../support/is-root.js';
import { podman, type TestEngine } from './engines.js';
import { makePlace, type Place } from './place.js';

/** A namespace that all tests of a file share. */
export interface NamespaceOfTests {
  readonly namespace: () => ContainerNamespace;
  /** Makes a profile of its own in it. */
  readonly newPlace: () => Promise<Place>;
}

/** Gives the tests of a file a namespace with an engine; it is taken away with all that they made in it. */
export const useNamespace = (engine: TestEngine = podman): NamespaceOfTests => {
  let namespace: ContainerNamespace | undefined;
  const places: Place[] = [];
  const current = (): ContainerNamespace => {
    if (namespace === undefined) throw new Error('only root can make namespaces for containers');
    return namespace;
  };
  beforeAll(async () => {
    if (!isRoot) return;
    namespace = await createContainerNamespace(await engine.prepare());
    await engine.start(namespace);
  }, 120_000);
  afterAll(async () => {
    // Containers and images go with it.
    await namespace?.dispose();
    for (const place of places) await place.remove();
    await engine.remove();
  });
  return {
    namespace: current,
    newPlace: async () => {
      const place = await makePlace(current(), engine.program);
      places.push(place);
      return place;
    },
  };
};
