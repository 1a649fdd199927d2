{ pkgs, testService, processManagers, profiles }:

testService {
  name = "xinetd";
  exprFile = ./xinetd-processes.nix;
  inherit processManagers profiles;
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  tests = { instance, ... }: ''
    assert machine.succeed("bash -c 'exec 3<>/dev/tcp/127.0.0.1/${toString instance.port}; echo hello >&3; head -n 1 <&3'").strip() == "hello"
  '';
}
