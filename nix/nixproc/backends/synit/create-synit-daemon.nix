# createSynitDaemon: a process described by what Synit's configuration language says of a daemon.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "synit";
  needs = { user ? null, ... }: if user == null then [ ] else [ "userSwitch" ];
})
