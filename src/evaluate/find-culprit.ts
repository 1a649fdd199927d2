/**
 * Finds one instance that fails, when all together do: by halves, so that a thousand instances take ten evaluations.
 *
 * @param fails whether the instances of these names fail to evaluate
 * @returns null when no instance fails by itself
 */
export const findCulprit = async (
  instances: readonly string[],
  fails: (some: readonly string[]) => Promise<boolean>,
): Promise<string | null> => {
  let suspects = instances;
  while (suspects.length > 1) {
    const half = suspects.slice(0, suspects.length >> 1);
    suspects = (await fails(half)) ? half : suspects.slice(half.length);
  }
  const [suspect] = suspects;
  return suspect !== undefined && (await fails([suspect])) ? suspect : null;
};
