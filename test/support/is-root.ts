/** Some tests need root: they make users, mounts or namespaces of their own. */
export const isRoot = process.getuid?.() === 0;
