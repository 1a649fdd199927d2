import { fileURLToPath } from 'node:url';

/** The description of the bundle, which says nothing: there is nothing to learn from the user's directories. */
const ownPackage = (): string => fileURLToPath(new URL('package.json', import.meta.url));

export default ownPackage;
