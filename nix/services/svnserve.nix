{ createManagedProcess, subversion, stateDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# svnBaseDir: the directory of the repositories
{ port ? 3690
, listenAddress ? "127.0.0.1"
, svnBaseDir ? "${stateDir}/repositories"
, instanceSuffix ? ""
, instanceName ? "svnserve${instanceSuffix}"
}:

let
  owner = instanceName;
  pidFile = "${stateDir}/${instanceName}/svnserve.pid";
in
createManagedProcess {
  inherit instanceName pidFile;
  description = "Subversion server";
  user = owner;
  initialize = ''
    ${ownedDirectory { path = "${stateDir}/${instanceName}"; inherit owner; }}
    mkdir -p ${svnBaseDir}
  '';
  process = "${subversion}/bin/svnserve";
  args = [ "--root" svnBaseDir "--listen-host" listenAddress "--listen-port" (toString port) "--daemon" ];
  daemonExtraArgs = [ "--pid-file" pidFile ];
  foregroundProcessExtraArgs = [ "--foreground" ];
  credentials = {
    groups.${owner} = { };
    users.${owner} = {
      group = owner;
      description = "Subversion ${instanceName}";
    };
  };
}
