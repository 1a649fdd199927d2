{ pkgs, testService, processManagers, profiles }:

testService {
  name = "redis";
  exprFile = ./redis-processes.nix;
  inherit processManagers profiles;
  systemPackages = [ pkgs.redis ];
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  postTests = { ... }: ''
    machine.succeed("redis-cli -p 6379 set name primary")
    assert machine.succeed("redis-cli -p 6379 get name").strip() == "primary"
    assert "NOAUTH" in machine.succeed("redis-cli -p 6380 get name 2>&1")
    assert machine.succeed("redis-cli -p 6380 -a secret --no-auth-warning get name").strip() == ""
  '';
}
