# What this process manager changes about a test: nothing. Our own machine runs it, and our own switch deploys to it.
{ profileSettings, ... }:
{
  inherit (profileSettings) params;
  nixosModules = [ ];
  systemPackages = [ ];
}
