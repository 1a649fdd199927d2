# createSupervisordProgram: a process described by the arguments of a program of supervisord.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "supervisord";
  needs = { useProxy ? false, ... }: if useProxy then [ "daemonProxy" ] else [ ];
})
