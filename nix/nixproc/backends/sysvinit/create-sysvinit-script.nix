# createSystemVInitScript: a process described by the arguments of a System V init script.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "sysvinit";
  # Shell commands in the place of ours, and the numbers of links in runlevel directories.
  outerProperties = [
    "initialInstructions"
    "startDaemon"
    "startProcessAsDaemon"
    "stopDaemon"
    "reloadDaemon"
    "evaluateCommand"
    "statusCommand"
    "restartActivity"
    "supportedRunlevels"
    "minSequence"
    "maxSequence"
  ];
  needs = { processIsDaemon ? true, user ? null, ... }:
    (if processIsDaemon then [ ] else [ "daemonize" ])
    ++ (if user == null then [ ] else [ "userSwitch" ]);
})
