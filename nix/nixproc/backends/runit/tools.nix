# What services of runit need of the model's package set.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath needed;
in
{
  wants = "foreground";
  base = basePath // {
    inherit shell;
    runit = needed { manager = "runit"; package = "runit"; path = "${pkgs.runit}"; };
  };
  userSwitch.setpriv = "${pkgs.util-linux or pkgs.utillinux}/bin/setpriv";
}
