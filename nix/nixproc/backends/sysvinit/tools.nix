# What init scripts need of the model's package set.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath needed optional;
in
{
  wants = "daemon";
  base = basePath // {
    inherit shell;
    sysvinit = optional (pkgs.sysvinit or null);
  };
  daemonize.daemon = needed { manager = "sysvinit"; package = "daemon"; path = "${pkgs.daemon}/bin/daemon"; };
  userSwitch.setpriv = "${pkgs.util-linux or pkgs.utillinux}/bin/setpriv";
}
