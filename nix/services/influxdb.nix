{ createManagedProcess, writeTextFile, influxdb, stateDir, forceDisableUserChange, ownedDirectory }:

# httpPort and rpcPort: on the loopback interface; extraConfig: further sections of influxdb.conf (TOML), of InfluxDB 1
{ httpPort ? 8086
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
      bind-address = "127.0.0.1:${toString httpPort}"

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
