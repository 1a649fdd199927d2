{ createManagedProcess, lib, writeTextFile, redis, stateDir, ownedDirectory }:

# settings: further lines of redis.conf
{ port ? 6379
, listenAddress ? "127.0.0.1"
, settings ? ""
, instanceSuffix ? ""
, instanceName ? "redis${instanceSuffix}"
}:

let
  owner = instanceName;
  directory = "${stateDir}/${instanceName}";
  pidFile = "${directory}/redis.pid";

  configFile = writeTextFile {
    name = "${instanceName}.conf";
    text = ''
      bind ${listenAddress}
      port ${toString port}
      dir ${directory}
      ${settings}
    '';
  };
in
createManagedProcess {
  inherit instanceName;
  description = "Redis";
  user = owner;
  initialize = ownedDirectory { path = directory; inherit owner; mode = "0700"; };
  process = "${redis}/bin/redis-server";
  args = [ configFile ];
  foregroundProcessExtraArgs = [ "--daemonize" "no" ];
  daemonExtraArgs = [ "--daemonize" "yes" "--pidfile" pidFile ];
  inherit pidFile;
  credentials = {
    groups.${owner} = { };
    users.${owner} = {
      group = owner;
      description = "Redis ${instanceName}";
    };
  };
}
