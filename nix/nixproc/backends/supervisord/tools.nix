# What programs of supervisord need of the model's package set.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath needed;
in
{
  wants = "foreground";
  base = basePath // {
    inherit shell;
    supervisor = needed {
      manager = "supervisord";
      package = "python3Packages.supervisor";
      isThere = pkgs ? python3Packages.supervisor;
      debian = "supervisor";
      path = "${pkgs.python3Packages.supervisor}";
    };
  };
  userSwitch.setpriv = "${pkgs.util-linux or pkgs.utillinux}/bin/setpriv";
}
