{ pkgs, tmpDir, createManagedProcess, packageSet }:

{ instanceName, port, salt, change, dependencies }:

createManagedProcess {
  inherit instanceName dependencies;
  description = "Web application ${instanceName}";
  foregroundProcess = "${pkgs.coreutils}/bin/sleep";
  foregroundProcessArgs = [ "1000000" ];
  environment = {
    PORT = port;
    SALT = salt;
    CHANGE = change;
    PID_FILE = "${tmpDir}/${instanceName}.pid";
  } // (if packageSet == null then { } else { PACKAGES = (import packageSet { }).sizeOfAll; });
  user = instanceName;

  credentials = {
    groups.${instanceName} = { };
    users.${instanceName} = {
      group = instanceName;
      description = "Web application ${instanceName}";
    };
  };

  overrides = {
    sysvinit.runlevels = [ 3 4 5 ];
  };
}
