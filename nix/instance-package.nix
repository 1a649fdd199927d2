# The package of a process outside of our own evaluation: its manager's configuration for this one process, as it would
# be in a profile. Nothing is built before somebody wants to know the package's path.
process:

let
  inherit (builtins) catAttrs listToAttrs mapAttrs;
  inherit (process.scope) pkgs;

  processes = listToAttrs (map
    (process: { inherit (process) name; value = process; })
    ([ process ] ++ catAttrs "process" (import ./process-closure.nix { } [ process ])));
in
import ./render.nix {
  inherit pkgs;
  processManager = process.manager;
  result = { kind = "instance"; inherit (process) name; };
  model = {
    inherit processes;
    # What it depends on is known, but not rendered.
    instances = mapAttrs (_: _: { }) processes;
    dependencies = [ ];
    conflicts = [ ];
    ignoredParams = [ ];
    usesHostPackages = pkgs ? isHostPackages;
  };
}
