# createRunitService: a process described by what is in a service directory of runit.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "runit";
  needs = { user ? null, ... }: if user == null then [ ] else [ "userSwitch" ];
})
