{ createManagedProcess, lib, writeTextFile, apacheHttpd, stateDir, logDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# documentRoot: the directory whose files are served; null when extraConfig says all
# modules: further modules to load, by name without "mod_"
{ port ? 80
, listenAddress ? "127.0.0.1"
, serverName ? "localhost"
, documentRoot ? null
, modules ? [ ]
, extraConfig ? ""
, dependencies ? [ ]
, instanceSuffix ? ""
, instanceName ? "apache${instanceSuffix}"
}:

let
  owner = instanceName;
  directory = "${stateDir}/${instanceName}";
  logs = "${logDir}/${instanceName}";

  loaded = [ "mpm_event" "unixd" "authz_core" "mime" "dir" "alias" "log_config" ] ++ modules;

  # Not every build brings its own along where it looks for it.
  types = writeTextFile {
    name = "mime.types";
    text = ''
      text/html html htm
      text/css css
      text/javascript js mjs
      text/plain txt
      application/json json
      application/pdf pdf
      application/wasm wasm
      image/gif gif
      image/jpeg jpeg jpg
      image/png png
      image/svg+xml svg
      image/webp webp
      font/woff2 woff2
    '';
  };

  configFile = writeTextFile {
    name = "${instanceName}.conf";
    text = ''
      ServerRoot ${directory}
      ServerName ${serverName}
      Listen ${listenAddress}:${toString port}
      PidFile ${runtimeDir}/${instanceName}.pid
      DefaultRuntimeDir ${directory}
      Mutex file:${directory} default
      ${lib.concatMapStrings
        (name: ''
          <IfModule !${name}_module>
          LoadModule ${name}_module ${apacheHttpd}/modules/mod_${name}.so
          </IfModule>
        '')
        loaded}
      ${lib.optionalString (!forceDisableUserChange) ''
        User ${owner}
        Group ${owner}
      ''}
      TypesConfig ${types}
      ErrorLog ${logs}/error.log
      LogFormat "%h %l %u %t \"%r\" %>s %b" common
      CustomLog ${logs}/access.log common

      <Directory />
        Require all denied
      </Directory>
      ${lib.optionalString (documentRoot != null) ''
        DocumentRoot ${documentRoot}
        DirectoryIndex index.html
        <Directory ${documentRoot}>
          Require all granted
        </Directory>
      ''}
      ${extraConfig}
    '';
  };
in
createManagedProcess {
  inherit instanceName dependencies;
  description = "Apache HTTP server";
  initialize = lib.concatMapStrings (path: ownedDirectory { inherit path owner; }) [ directory logs ];
  process = "${apacheHttpd}/bin/httpd";
  args = [ "-f" configFile ];
  foregroundProcessExtraArgs = [ "-DFOREGROUND" ];
  # The parent process stays root where it may; those that answer are this user's.
  credentials = {
    groups.${owner} = { };
    users.${owner} = {
      group = owner;
      description = "Apache ${instanceName}";
    };
  };
  overrides.sysvinit.runlevels = [ 3 4 5 ];
}
