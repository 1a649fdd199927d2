{ pkgs, testService, processManagers, profiles }:

testService {
  name = "tomcat";
  exprFile = ./tomcat-processes.nix;
  inherit processManagers profiles;
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  tests = { instance, instanceName, ... }: ''
    assert machine.succeed("curl --fail --silent http://127.0.0.1:${toString instance.port}/index.html") == "${instanceName}"
    machine.fail("curl --fail --silent http://127.0.0.1:${toString instance.port}/missing")
  '';
}
