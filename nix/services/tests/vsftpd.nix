{ pkgs, testService, processManagers, profiles }:

testService {
  name = "vsftpd";
  exprFile = ./vsftpd-processes.nix;
  inherit processManagers profiles;
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  tests = { instance, instanceName, ... }: ''
    assert machine.succeed("curl --fail --silent ftp://127.0.0.1:${toString instance.port}/name") == "${instanceName}"
  '';
}
