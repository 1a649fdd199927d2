# Test suites of the services, for `nix-processmgmt-ts test`; docs/services.md says which pass where.
{ nixpkgs ? <nixpkgs>
, system ? builtins.currentSystem
, processManagers ? [ "sysvinit" "supervisord" "systemd" "disnix" "s6-rc" "runit" "openrc" "docker" ]
, profiles ? [ "privileged" "unprivileged" ]
}:

let
  pkgs = import nixpkgs { inherit system; };
  testService = import ../../nixproc/test-driver/universal.nix { inherit nixpkgs system; };
  suite = name: import (./. + "/${name}.nix") { inherit pkgs testService processManagers profiles; };
  names = [ "apache" "cron" "influxdb" "mysql" "nginx" "postgresql" "redis" "sshd" "svnserve" "tomcat" "vsftpd" "xinetd" ];
in
builtins.listToAttrs (map (name: { inherit name; value = suite name; }) names)
