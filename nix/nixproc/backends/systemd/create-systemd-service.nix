# createSystemdService: a process described by the sections of a unit of systemd.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "systemd";
  # What names of units begin with, and what goes on PATH before the packages of the process.
  outerProperties = [ "prefix" "basePackages" ];
})
