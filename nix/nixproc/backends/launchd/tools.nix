# What jobs of launchd need of the model's package set.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath;
in
{
  wants = "foreground";
  base = {
    inherit shell;
    # Its chroot switches users where launchd cannot do it.
    inherit (basePath) coreutils;
    # Where a job's files are, which may not be mounted yet when the machine starts.
    store = builtins.storeDir;
  };
}
