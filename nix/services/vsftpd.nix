{ createManagedProcess, lib, writeTextFile, vsftpd, stateDir, libDir, forceDisableUserChange }:

# anonymousRoot: what whoever has no account sees; extraConfig: further lines of vsftpd.conf
{ port ? 21
, listenAddress ? "127.0.0.1"
, anonymousRoot
, extraConfig ? ""
, instanceSuffix ? ""
, instanceName ? "vsftpd${instanceSuffix}"
}:

let
  # Empty, and not for its user to write to.
  directory = "${stateDir}/${instanceName}";
  settings = "${libDir}/${instanceName}";

  configFile = writeTextFile {
    name = "${instanceName}.conf";
    text = ''
      listen=YES
      listen_address=${listenAddress}
      listen_port=${toString port}
      anonymous_enable=YES
      no_anon_password=YES
      anon_root=${anonymousRoot}
      secure_chroot_dir=${directory}
      ${if forceDisableUserChange then ''
        run_as_launching_user=YES
      '' else ''
        ftp_username=${instanceName}
        nopriv_user=${instanceName}
      ''}
      ${extraConfig}
    '';
  };
in
createManagedProcess {
  inherit instanceName;
  description = "FTP server";
  # It reads no settings that belong to anybody but the user whom it runs as, and wants that user's name.
  initialize =
    if forceDisableUserChange then ''
      mkdir -p ${directory} ${settings}
      cat ${configFile} >${settings}/vsftpd.conf
      echo "ftp_username=$(id -un)" >>${settings}/vsftpd.conf
    '' else "mkdir -p ${directory}\n";
  foregroundProcess = "${vsftpd}/bin/vsftpd";
  args = [ (if forceDisableUserChange then "${settings}/vsftpd.conf" else configFile) ];
  credentials = {
    groups.${instanceName} = { };
    users.${instanceName} = {
      group = instanceName;
      homeDir = anonymousRoot;
      description = "FTP ${instanceName}";
    };
  };
}
