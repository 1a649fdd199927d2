/** Tests that attack, or that hold what attacks rely on. */
export const attackFiles = ['test/hostile/a-stranger-in-tmp.test.ts', 'test/hostile/the-service-against-root.test.ts'];
