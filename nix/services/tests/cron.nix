{ pkgs, testService, processManagers, profiles }:

testService {
  name = "cron";
  exprFile = ./cron-processes.nix;
  inherit processManagers profiles;
  # A job runs when the next minute begins.
  tests = { instance, instanceName, forceDisableUserChange, ... }: ''
    machine.wait_for_file("${instance.file}")
    user = machine.wait_until_succeeds("grep . ${instance.file}").strip()
    assert user == "${if forceDisableUserChange then "unprivileged" else "cron-${instanceName}"}", user
  '';
}
