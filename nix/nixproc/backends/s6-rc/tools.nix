# What services of s6-rc need of the model's package set.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath needed optional;
in
{
  wants = "foreground";
  base = basePath // {
    inherit shell;
    execline = needed { manager = "s6-rc"; package = "execline"; path = "${pkgs.execline}"; };
    s6 = needed { manager = "s6-rc"; package = "s6"; path = "${pkgs.s6}"; };
    # Programs of the host are found when they are needed: a profile is the same whether they are there or not.
    s6-rc = if pkgs ? isHostPackages then null else optional (pkgs.s6-rc or null);
  };
  userSwitch.setpriv = "${pkgs.util-linux or pkgs.utillinux}/bin/setpriv";
}
