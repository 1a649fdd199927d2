# A model of the one process that a configuration is about (see create-managed-process-from-config.nix), and of those that it
# depends on.
{ pkgs
, system
, stateDir
, runtimeDir
, logDir
, tmpDir
, cacheDir
, spoolDir
, lockDir
, libDir
, forceDisableUserChange
, processManager
, callingUser
, callingGroup
, configFile
, createManagedProcessExpr ? null
}@arguments:

let
  inherit (builtins) catAttrs listToAttrs removeAttrs;

  given = if createManagedProcessExpr == null then removeAttrs arguments [ "createManagedProcessExpr" ] else arguments;
  pkg = import ./nixproc/create-managed-process/agnostic/create-managed-process-from-config.nix given;
in
if pkg ? nixproc then
  listToAttrs (map
    (process: { inherit (process) name; value.pkg.nixproc = process; })
    ([ pkg.nixproc ] ++ catAttrs "process" (import ./process-closure.nix { } [ pkg.nixproc ])))
else
  { ${pkg.name} = { inherit pkg; }; }
