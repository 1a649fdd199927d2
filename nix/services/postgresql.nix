{ createManagedProcess, lib, postgresql, su, stateDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# port: on the loopback interface, and the number of the socket in RUNTIMEDIR/INSTANCE
# settings: further settings of postgresql.conf, by name
# authentication: how local users and programs are let in (pg_hba.conf(5)); the owner of the cluster always is
{ port ? 5432
, settings ? { }
, authentication ? "trust"
, instanceSuffix ? ""
, instanceName ? "postgresql${instanceSuffix}"
}:

let
  owner = instanceName;
  directory = "${stateDir}/db/${instanceName}";
  dataDir = "${directory}/data";
  socketDir = "${runtimeDir}/${instanceName}";

  quoted = value: "'${builtins.replaceStrings [ "'" ] [ "''" ] (toString value)}'";
  options = lib.concatLists (lib.mapAttrsToList (name: value: [ "-c" "${name}=${toString value}" ]) settings);

  initdb = "${postgresql}/bin/initdb --pgdata=${dataDir} --no-locale --encoding=UTF8 --auth=${authentication}";
in
createManagedProcess {
  inherit instanceName;
  description = "PostgreSQL";
  user = owner;
  path = [ postgresql su ];
  # It refuses a data directory that others can read, and to run as root.
  initialize = ''
    ${ownedDirectory { path = directory; inherit owner; }}
    ${ownedDirectory { path = dataDir; inherit owner; mode = "0700"; }}
    ${ownedDirectory { path = socketDir; inherit owner; }}
    if [ ! -e ${dataDir}/PG_VERSION ]
    then
      ${if forceDisableUserChange then initdb else "su ${owner} -s /bin/sh -c '${initdb}'"}
    fi
  '';
  foregroundProcess = "${postgresql}/bin/postgres";
  args = [ "-D" dataDir "-p" (toString port) "-k" socketDir "-c" "listen_addresses=localhost" ] ++ options;
  environment.PGDATA = dataDir;
  # SIGINT ends connections; on SIGTERM it would wait for them.
  overrides = {
    systemd.Service = { KillSignal = "SIGINT"; };
    supervisord.stopsignal = "INT";
  };
  credentials = {
    groups.${owner} = { };
    users.${owner} = {
      group = owner;
      homeDir = directory;
      createHomeDir = true;
      description = "PostgreSQL ${instanceName}";
    };
  };
}
