# Constructors for tries, which other people's examples and tests import from the framework.
{ pkgs
, stateDir
, logDir
, runtimeDir
, tmpDir
, forceDisableUserChange
, processManager
  # "foreground" or "daemon": all web applications run so; null: as the process manager prefers it
, webappMode ? null
, ids ? { }
}:

let
  createManagedProcess =
    import ../../../nixproc/create-managed-process/universal/create-managed-process-universal.nix {
      inherit pkgs runtimeDir stateDir logDir tmpDir forceDisableUserChange processManager ids;
    };
in
{
  webapp = import ./webapp {
    inherit createManagedProcess tmpDir;
    webapp = import ../../../webapp { inherit pkgs; };
    mode = webappMode;
  };
}
