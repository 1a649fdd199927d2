# The outer arguments; `mode` as for the constructors.
{ createManagedProcess, tmpDir, webapp ? import ../../../../webapp { }, mode ? null }:

{ port, instanceSuffix ? "", instanceName ? "webapp${instanceSuffix}" }:

let
  executable = "${webapp}/bin/webapp";
  programs =
    if mode == "foreground" then { foregroundProcess = executable; }
    else if mode == "daemon" then { daemon = executable; daemonArgs = [ "-D" ]; }
    else { process = executable; daemonArgs = [ "-D" ]; };
in
createManagedProcess (programs // {
  inherit instanceName;
  description = "Simple web application";
  user = instanceName;

  environment = {
    PORT = port;
    PID_FILE = "${tmpDir}/${instanceName}.pid";
  };

  credentials = {
    groups.${instanceName} = { };
    users.${instanceName} = {
      group = instanceName;
      description = "Web application ${instanceName}";
    };
  };

  overrides.sysvinit.runlevels = [ 3 4 5 ];
})
