{ pkgs, testService, processManagers, profiles }:

testService {
  name = "influxdb";
  exprFile = ./influxdb-processes.nix;
  inherit processManagers profiles;
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  tests = { instance, instanceName, ... }: ''
    query = "curl --fail --silent --data-urlencode 'q=%s' http://127.0.0.1:${toString instance.port}/query"
    machine.succeed(query % "CREATE DATABASE only_${instanceName}")
    answer = machine.succeed(query % "SHOW DATABASES")
    assert "only_${instanceName}" in answer and answer.count("only_") == 1, answer
  '';
}
