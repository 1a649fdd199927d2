{ pkgs, testService, processManagers, profiles }:

testService {
  name = "postgresql";
  exprFile = ./postgresql-processes.nix;
  inherit processManagers profiles;
  systemPackages = [ pkgs.postgresql ];
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  tests = { instance, instanceName, forceDisableUserChange, ... }:
    let
      user = if forceDisableUserChange then "unprivileged" else "postgresql-${instanceName}";
      psql = "psql --host=localhost --port=${toString instance.port} --username=${user} --dbname=postgres --tuples-only --no-align --command";
    in
    ''
      machine.succeed("${psql} 'create table kept (name text)'")
      machine.succeed("${psql} \"insert into kept values ('${instanceName}')\"")
      assert machine.succeed("${psql} 'select name from kept'").strip() == "${instanceName}"
    '' + (if instanceName == "secondary" then ''
      assert machine.succeed("${psql} 'show max_connections'").strip() == "20"
    '' else "");
}
