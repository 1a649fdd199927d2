{ createManagedProcess, lib, mariadb, stateDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# port: on the loopback interface; settings: further options of mariadbd, by name
{ port ? 3306
, settings ? { }
, instanceSuffix ? ""
, instanceName ? "mysql${instanceSuffix}"
}:

let
  owner = instanceName;
  directory = "${stateDir}/db/${instanceName}";
  dataDir = "${directory}/data";
  socketDir = "${runtimeDir}/${instanceName}";
  options = lib.mapAttrsToList (name: value: "--${name}=${toString value}") settings;
in
createManagedProcess {
  inherit instanceName;
  description = "MariaDB";
  user = owner;
  # root of the database is root of the machine, or whoever runs it, and needs no password on the socket.
  initialize = ''
    ${ownedDirectory { path = directory; inherit owner; }}
    ${ownedDirectory { path = dataDir; inherit owner; mode = "0700"; }}
    ${ownedDirectory { path = socketDir; inherit owner; }}
    if [ ! -e ${dataDir}/mysql ]
    then
      ${mariadb}/bin/mysql_install_db --no-defaults --basedir=${mariadb} --datadir=${dataDir} ${lib.optionalString (!forceDisableUserChange) "--user=${owner}"}
    fi
  '';
  foregroundProcess = "${mariadb}/bin/mysqld";
  args = [
    "--no-defaults"
    "--basedir=${mariadb}"
    "--datadir=${dataDir}"
    "--bind-address=127.0.0.1"
    "--port=${toString port}"
    "--socket=${socketDir}/mysqld.sock"
    "--pid-file=${socketDir}/mysqld.pid"
  ] ++ options;
  credentials = {
    groups.${owner} = { };
    users.${owner} = {
      group = owner;
      description = "MariaDB ${instanceName}";
    };
  };
}
