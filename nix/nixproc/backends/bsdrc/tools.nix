# What rc.d scripts need of the model's package set. A process finds nothing on PATH but its own packages; daemon(8) is
# in the base system of FreeBSD, as are the tools of rc.subr.
{ pkgs }:

let
  inherit (import ../tool-paths.nix { inherit pkgs; }) shell basePath;
in
{
  wants = "daemon";
  base = {
    inherit shell;
    inherit (basePath) coreutils;
  };
  daemonize.daemon = "/usr/sbin/daemon";
}
