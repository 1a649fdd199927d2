{ createManagedProcess, writeTextFile, influxdb, stateDir, forceDisableUserChange, ownedDirectory }:

# rpcPort: for backups, on the loopback interface; httpConfig: further lines of the section http of influxdb.conf (TOML), such as
# "auth-enabled = true"; extraConfig: further sections. Of InfluxDB 1
{ httpPort ? 8086
, listenAddress ? "127.0.0.1"
, httpConfig ? ""
, rpcPort ? 8088
, extraConfig ? ""
, instanceSuffix ? ""
, instanceName ? "influxdb${instanceSuffix}"
}:

let
  owner = instanceName;
  directory = "${stateDir}/${instanceName}";

  configFile = writeTextFile {
    name = "${instanceName}.conf";
    text = ''
      bind-address = "127.0.0.1:${toString rpcPort}"
      reporting-disabled = true

      [meta]
      dir = "${directory}/meta"

      [data]
      dir = "${directory}/data"
      wal-dir = "${directory}/wal"

      [http]
      bind-address = "${listenAddress}:${toString httpPort}"
      ${httpConfig}

      ${extraConfig}
    '';
  };
in
createManagedProcess {
  inherit instanceName;
  description = "InfluxDB";
  user = owner;
  initialize = ownedDirectory { path = directory; inherit owner; mode = "0700"; };
  foregroundProcess = "${influxdb}/bin/influxd";
  args = [ "-config" configFile ];
  environment.HOME = directory;
  credentials = {
    groups.${owner} = { };
    users.${owner} = {
      group = owner;
      homeDir = directory;
      description = "InfluxDB ${instanceName}";
    };
  };
}
