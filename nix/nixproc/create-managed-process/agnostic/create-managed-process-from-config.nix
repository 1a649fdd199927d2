# Makes a process for a process manager from a configuration that is for none: NAME.json, as createManagedProcess writes it
# when its processManager is null. Its dependencies are made in the same way.
{ configFile # absolute path of NAME.json, as a path or a text
, processManager
, createManagedProcessExpr ? ../universal/create-managed-process-universal.nix # what makes processes of properties
, system ? builtins.currentSystem
, pkgs ? import ../../../default-packages.nix { inherit system; }
, stateDir ? null
, runtimeDir ? null
, logDir ? null
, tmpDir ? null
, cacheDir ? null
, spoolDir ? null
, lockDir ? null
, libDir ? null
, forceDisableUserChange ? false
, callingUser ? null
, callingGroup ? null
, ...
}:

let
  inherit (builtins) baseNameOf filter attrNames fromJSON isAttrs isList isString mapAttrs match readFile removeAttrs toString
    unsafeDiscardStringContext;

  withoutNulls = set: removeAttrs set (filter (name: set.${name} == null) (attrNames set));

  directories = import ../../../default-directories.nix (mapAttrs (_: toString) (withoutNulls {
    inherit stateDir runtimeDir logDir tmpDir cacheDir spoolDir lockDir libDir;
  }));

  createManagedProcess = import createManagedProcessExpr {
    inherit pkgs processManager forceDisableUserChange;
    inherit (directories) stateDir runtimeDir logDir tmpDir;
  };

  storeReferences = import ../../../store-references.nix;

  withReferences = value:
    if isString value then storeReferences value
    else if isList value then map withReferences value
    else if isAttrs value then mapAttrs (_: withReferences) value
    else value;

  # A package of somebody's own, which is what it is.
  packageAt = path: {
    type = "derivation";
    name = builtins.head (match "[0-9a-z]{32}-(.*)" (baseNameOf (unsafeDiscardStringContext path)));
    outPath = path;
  };

  fromFile = file:
    let
      properties = withReferences (fromJSON (unsafeDiscardStringContext (readFile file)));
    in
    createManagedProcess (properties // {
      dependencies = map
        (path: if match ".*\\.json" (unsafeDiscardStringContext path) == null then packageAt path else fromFile path)
        (properties.dependencies or [ ]);
    });
in
fromFile configFile
