# createBSDRCScript: a process described by the arguments of an rc.d script.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "bsdrc";
  # Where rc.subr is, and what it does without being told.
  outerProperties = [ "rcSubr" "builtinCommands" "defaultReloadSignal" "defaultStopSignal" ];
  needs = { commandIsDaemon ? true, ... }: if commandIsDaemon then [ ] else [ "daemonize" ];
})
