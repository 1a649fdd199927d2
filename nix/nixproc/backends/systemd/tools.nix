# What units of systemd need of the model's package set.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath;
in
{
  # systemd manages daemons as well, with nothing in between.
  wants = "foreground";
  base = basePath // { inherit shell; };
}
