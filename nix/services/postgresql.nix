{ createManagedProcess, lib, postgresql, su, stateDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# port: by TCP, and the number of the socket in RUNTIMEDIR/INSTANCE
# settings: further settings of postgresql.conf, by name
# authentication: how a new cluster lets in who comes by TCP (pg_hba.conf(5)); on the socket, each user is let in as themselves
{ port ? 5432
, listenAddress ? "127.0.0.1"
, settings ? { }
, authentication ? "scram-sha-256"
, instanceSuffix ? ""
, instanceName ? "postgresql${instanceSuffix}"
}:

let
  owner = instanceName;
  directory = "${stateDir}/db/${instanceName}";
  dataDir = "${directory}/data";
  socketDir = "${runtimeDir}/${instanceName}";

  options = lib.concatLists (lib.mapAttrsToList (name: value: [ "-c" "${name}=${toString value}" ]) settings);

  # Complete, or not there: a start that is killed must not leave half a cluster.
  newDir = "${directory}/new";
  initdb = "${postgresql}/bin/initdb --pgdata=${newDir} --no-locale --encoding=UTF8 --auth-local=peer --auth-host=${authentication}";
in
createManagedProcess {
  inherit instanceName;
  description = "PostgreSQL";
  user = owner;
  path = [ postgresql su ];
  # It refuses a data directory that others can read, and to run as root.
  initialize = ''
    ${ownedDirectory { path = directory; inherit owner; }}
    ${ownedDirectory { path = socketDir; inherit owner; }}
    if [ ! -e ${dataDir} ]
    then
      rm -rf ${newDir}
      ${ownedDirectory { path = newDir; inherit owner; mode = "0700"; }}
      ${if forceDisableUserChange then initdb else "su ${owner} -s /bin/sh -c '${initdb}'"}
      mv ${newDir} ${dataDir}
    fi
  '';
  foregroundProcess = "${postgresql}/bin/postgres";
  args = [ "-D" dataDir "-p" (toString port) "-k" socketDir "-c" "listen_addresses=${listenAddress}" ] ++ options;
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
