# What services of OpenRC need of the model's package set. OpenRC itself is the machine's.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath;
in
{
  wants = "foreground";
  base = basePath // { inherit shell; };
  userSwitch.setpriv = "${pkgs.util-linux or pkgs.utillinux}/bin/setpriv";
}
