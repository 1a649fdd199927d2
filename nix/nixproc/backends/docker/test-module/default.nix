# What docker changes about a test. Our own machine runs it, and our own switch deploys to it.
{ profileSettings, ... }:

let
  inherit (profileSettings) params;
in
{
  # Containers share a state directory that nothing else of the system uses.
  params =
    if params.stateDir == "/var" then
      params // { stateDir = "/dockervar"; runtimeDir = "/dockervar/run"; }
    else
      params;
  nixosModules = [ ];
  systemPackages = [ ];
}
