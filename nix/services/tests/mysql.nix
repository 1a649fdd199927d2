{ pkgs, testService, processManagers, profiles }:

testService {
  name = "mysql";
  exprFile = ./mysql-processes.nix;
  inherit processManagers profiles;
  systemPackages = [ pkgs.mariadb ];
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  tests = { instance, instanceName, forceDisableUserChange, ... }:
    let
      # On the socket, root of the database is root, or whoever runs it.
      user = if forceDisableUserChange then "unprivileged" else "root";
      client = "su ${user} -s /bin/sh -c 'mysql --no-defaults --socket=${instance.socket} --skip-column-names'";
    in
    ''
      machine.succeed("echo 'create database only_${instanceName};' | ${client}")
      found = machine.succeed("echo 'show databases;' | ${client}").split()
      assert [name for name in found if name.startswith("only_")] == ["only_${instanceName}"], found
      # Nobody is let in without a name, and there is no database for everybody.
      assert "test" not in found, found
      assert machine.succeed("echo \"select count(*) from mysql.global_priv where User = \\\"\\\";\" | ${client}").strip() == "0"
    '';
}
