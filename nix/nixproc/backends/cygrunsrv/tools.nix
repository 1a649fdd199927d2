# What services of cygrunsrv need of the model's package set.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath;
in
{
  wants = "foreground";
  base = {
    inherit shell;
    inherit (basePath) coreutils;
  };
}
