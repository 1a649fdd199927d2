# createOpenRCService: a process described by what a service script of OpenRC says.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "openrc";
  needs = { user ? null, ... }: if user == null then [ ] else [ "userSwitch" ];
})
