{ pkgs, testService, processManagers, profiles }:

testService {
  name = "nginx";
  exprFile = ./nginx-processes.nix;
  inherit processManagers profiles;
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  postTests = { ... }: ''
    for name in ["primary", "secondary"]:
        answer = machine.succeed(f"curl --fail --silent --header 'Host: {name}.local' http://127.0.0.1:8080/")
        assert answer.strip() == name, answer
    machine.fail("curl --fail --silent http://127.0.0.1:8080/")
  '';
}
