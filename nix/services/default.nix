# Constructors of commonly used services, by the conventions of nix-processmgmt: each is a function of what makes an instance its
# own (port, instanceSuffix, instanceName …), and can be used as often as one likes. docs/services.md describes them.
{ pkgs
, stateDir ? "/var"
, runtimeDir ? "${stateDir}/run"
, logDir ? "${stateDir}/log"
, cacheDir ? "${stateDir}/cache"
, libDir ? "${stateDir}/lib"
, tmpDir ? (if stateDir == "/var" then "/tmp" else "${stateDir}/tmp")
, forceDisableUserChange ? false
, processManager
, ...
}:

let
  createManagedProcess = import ../nixproc/create-managed-process/universal/create-managed-process-universal.nix {
    inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
  };

  call = file: import file (builtins.intersectAttrs (builtins.functionArgs (import file)) (pkgs // {
    inherit createManagedProcess stateDir runtimeDir logDir cacheDir libDir tmpDir forceDisableUserChange;
    inherit (pkgs) lib;
    ownedDirectory = import ./owned-directory.nix { inherit forceDisableUserChange; };
  }));
in
{
  apache = call ./apache.nix;
  cron = call ./cron.nix;
  influxdb = call ./influxdb.nix;
  mysql = call ./mysql.nix;
  nginx = call ./nginx.nix;
  nginxReverseProxyHostBased = call ./nginx-reverse-proxy-hostbased.nix;
  postgresql = call ./postgresql.nix;
  redis = call ./redis.nix;
  sshd = call ./sshd.nix;
  svnserve = call ./svnserve.nix;
  tomcat = call ./tomcat.nix;
  vsftpd = call ./vsftpd.nix;
  xinetd = call ./xinetd.nix;
}
