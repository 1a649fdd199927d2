# Where state lives: the directories that are set, and those that follow from them. src/state/state-directories.ts says the
# same where there is no Nix.
{ stateDir ? "/var", ... }@set:

let
  isSystemWide = stateDir == "/var";
  isLinux = builtins.match ".*-linux" builtins.currentSystem != null;
in
{
  inherit stateDir;
  tmpDir = if isSystemWide then "/tmp" else "${stateDir}/tmp";
  runtimeDir = if isSystemWide && isLinux then "/run" else "${stateDir}/run";
  logDir = "${stateDir}/log";
  cacheDir = "${stateDir}/cache";
  spoolDir = "${stateDir}/spool";
  lockDir = "${stateDir}/lock";
  libDir = "${stateDir}/lib";
} // set
