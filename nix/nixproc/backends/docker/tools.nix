# What containers need of the model's package set. They use the host's Nix store, so whatever runs in them is there.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath;
in
{
  wants = "foreground";
  base = basePath // {
    inherit shell;
    store = builtins.storeDir;
  };
  userSwitch.setpriv = "${pkgs.util-linux or pkgs.utillinux}/bin/setpriv";
}
