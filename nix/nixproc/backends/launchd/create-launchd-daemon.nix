# createLaunchdDaemon: a process described by the keys of a job of launchd.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "launchd";
  # What labels begin with.
  outerProperties = [ "prefix" ];
})
