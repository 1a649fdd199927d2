/** Where a profile keeps its manifest. */
export const manifestPath = 'share/nix-processmgmt-ts/manifest.json';
