# What our command gets to know of a text: what Nix has to build for it, and what all of that is called then
# (src/evaluate/store-context.ts).
text:
{
  inherit text;
  context = builtins.getContext text;
  storePaths = import ./realised-paths.nix text;
}
