# The evaluation behind a function of the framework that was imported without our command, by nix-build or Disnix for
# instance: what is not among the function's arguments is the default, and processes are packages to be built.
{ processManager ? null, pkgs ? null, stateDir ? "/var", ... }:

import ./evaluation.nix {
  inherit processManager;
  directories = import ./default-directories.nix { stateDir = toString stateDir; };
  forceDisableUserChange = false;
  pkgs = if pkgs == null then import ./default-packages.nix { } else pkgs;
  locateFailures = false;
  packageOf = import ./instance-package.nix;
}
