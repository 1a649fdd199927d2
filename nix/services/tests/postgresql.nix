{ pkgs, testService, processManagers, profiles }:

testService {
  name = "postgresql";
  exprFile = ./postgresql-processes.nix;
  inherit processManagers profiles;
  systemPackages = [ pkgs.postgresql ];
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  tests = { instance, instanceName, forceDisableUserChange, ... }:
    let
      # On the socket, the user whom it runs as owns everything.
      user = if forceDisableUserChange then "unprivileged" else "postgresql-${instanceName}";
      psql = "su ${user} -s /bin/sh -c 'psql --host=${instance.socketDir} --port=${toString instance.port} --dbname=postgres --tuples-only --no-align --command=\"%s\"'";
    in
    ''
      machine.succeed("""${psql}""" % "create table only_${instanceName} (name text)")
      found = machine.succeed("""${psql}""" % "select relname from pg_class where relname like 'only%'".replace("'", "'\"'\"'"))
      assert found.split() == ["only_${instanceName}"], found
      # By TCP, nobody gets in without a password.
      machine.fail("psql --no-password --host=127.0.0.1 --port=${toString instance.port} --username=${user} --dbname=postgres --command='select 1'")
    '' + (if instanceName == "secondary" then ''
      assert machine.succeed("""${psql}""" % "show max_connections").strip() == "20"
    '' else "");
}
