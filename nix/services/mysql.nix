{ createManagedProcess, lib, mariadb, stateDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# settings: further options of mariadbd, by name
{ port ? 3306
, listenAddress ? "127.0.0.1"
, settings ? { }
, instanceSuffix ? ""
, instanceName ? "mysql${instanceSuffix}"
}:

let
  owner = instanceName;
  directory = "${stateDir}/db/${instanceName}";
  dataDir = "${directory}/data";
  # Complete, or not there: a start that is killed must not leave half a database.
  newDir = "${directory}/new";
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
    ${ownedDirectory { path = socketDir; inherit owner; }}
    if [ ! -e ${dataDir} ]
    then
      rm -rf ${newDir}
      ${ownedDirectory { path = newDir; inherit owner; mode = "0700"; }}
      ${mariadb}/bin/mysql_install_db --no-defaults --skip-test-db --basedir=${mariadb} --datadir=${newDir} ${lib.optionalString (!forceDisableUserChange) "--user=${owner}"}
      mv ${newDir} ${dataDir}
    fi
  '';
  foregroundProcess = "${mariadb}/bin/mysqld";
  args = [
    "--no-defaults"
    "--basedir=${mariadb}"
    "--datadir=${dataDir}"
    "--bind-address=${listenAddress}"
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
