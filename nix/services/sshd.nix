{ createManagedProcess, lib, writeTextFile, openssh, libDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# extraSSHDConfig: further lines of sshd_config. An ordinary user's lets in that user alone, by key.
{ port ? 22
, listenAddress ? null # every address
, extraSSHDConfig ? ""
, instanceSuffix ? ""
, instanceName ? "sshd${instanceSuffix}"
}:

let
  directory = "${libDir}/${instanceName}";
  hostKey = "${directory}/ssh_host_ed25519_key";

  configFile = writeTextFile {
    name = "${instanceName}_config";
    text = ''
      Port ${toString port}
      ${lib.optionalString (listenAddress != null) "ListenAddress ${listenAddress}"}
      HostKey ${hostKey}
      PidFile ${runtimeDir}/${instanceName}.pid
      Subsystem sftp internal-sftp
      ${extraSSHDConfig}
    '';
  };
in
createManagedProcess {
  inherit instanceName;
  description = "OpenSSH server";
  path = [ openssh ];
  initialize = ''
    mkdir -p -m 0700 ${directory}
    if [ ! -e ${hostKey} ]
    then
      ${openssh}/bin/ssh-keygen -q -t ed25519 -N "" -f ${hostKey}
    fi
  '';
  process = "${openssh}/bin/sshd";
  args = [ "-f" configFile ];
  foregroundProcessExtraArgs = [ "-D" ];
  # Without its privileges it is this user, whatever the instance is called: the name is compiled in.
  credentials = {
    groups.sshd = { };
    users.sshd = {
      group = "sshd";
      homeDir = "/var/empty";
      description = "SSH privilege separation";
    };
  };
}
