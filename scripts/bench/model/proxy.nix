{ pkgs, stateDir, createManagedProcess }:

{ webapps, salt }:

let
  configFile = pkgs.writeTextFile {
    name = "proxy.conf";
    text = builtins.concatStringsSep "" (map
      (webapp: "${webapp.dnsName} 127.0.0.1:${toString webapp.port}\n")
      webapps);
  };
in
createManagedProcess {
  instanceName = "proxy";
  description = "Reverse proxy in front of the web applications";
  initialize = "mkdir -p ${stateDir}/proxy";
  foregroundProcess = "${pkgs.coreutils}/bin/sleep";
  foregroundProcessArgs = [ "1000000" ];
  environment = { CONFIGURATION = configFile; SALT = salt; };
  dependencies = map (webapp: webapp.pkg) webapps;
}
