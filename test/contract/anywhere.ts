import { loadHarnesses } from './harnesses.js';

/** The managers that need nothing but programs of the machine, whoever runs them. */
export const managersAnywhere: readonly string[] = [...(await loadHarnesses())].flatMap(([manager, harness]) =>
  harness?.runsAnywhere === true ? [manager] : [],
);
