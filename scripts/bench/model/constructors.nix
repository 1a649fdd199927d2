{ pkgs, stateDir, tmpDir, createManagedProcess, importEach, packageSet }:

let
  arguments = { inherit pkgs tmpDir createManagedProcess packageSet; };
  webapp = import ./webapp.nix arguments;
in
{
  webapp = if importEach then (instance: import ./webapp.nix arguments instance) else webapp;
  proxy = import ./proxy.nix { inherit pkgs stateDir createManagedProcess; };
}
