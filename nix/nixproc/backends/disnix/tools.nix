# What Dysnomia's process scripts need of the model's package set.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath needed;
in
{
  wants = "daemon";
  base = basePath // { inherit shell; };
  daemonize.daemon = needed { manager = "disnix"; package = "daemon"; path = "${pkgs.daemon}/bin/daemon"; };
  userSwitch.setpriv = "${pkgs.util-linux or pkgs.utillinux}/bin/setpriv";
}
