# The benchmark's model without our shim: its create function returns what it is given, and imports are Nix' own.
{ settings }:

let
  model = import ./processes.nix;
in
builtins.mapAttrs
  (_: instance: instance.pkg)
  (model ({ createManagedProcess = properties: properties; processManager = "systemd"; } // settings))
