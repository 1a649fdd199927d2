/** Labels of our containers and images: they, and no names, say whose something is. */
export const labels = {
  /** The profile, by the path of its link. */
  profile: 'nix-processmgmt-ts.profile',
  instance: 'nix-processmgmt-ts.instance',
  /** The name of the process, by which it is known through all generations. */
  process: 'nix-processmgmt-ts.process',
  /** The hash of what the container was made from. */
  configuration: 'nix-processmgmt-ts.configuration',
  /** The image that it was made from, by the name that we gave it. */
  image: 'nix-processmgmt-ts.image',
} as const;
