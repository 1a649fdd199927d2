{ createManagedProcess, lib, writeTextFile, nginx, stateDir, logDir, cacheDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# httpConfig: what stands in the http block
# port: where it answers, for whoever waits until it does
# dependencies: packages of processes that have to run before
{ httpConfig
, port ? 80
, workerConnections ? 1024
, dependencies ? [ ]
, instanceSuffix ? ""
, instanceName ? "nginx${instanceSuffix}"
}:

let
  owner = instanceName;
  directory = "${stateDir}/${instanceName}";
  logs = "${logDir}/${instanceName}";
  temporary = "${cacheDir}/${instanceName}";

  configFile = writeTextFile {
    name = "${instanceName}.conf";
    text = ''
      ${lib.optionalString (!forceDisableUserChange) "user ${owner} ${owner};"}
      pid ${runtimeDir}/${instanceName}.pid;
      error_log ${logs}/error.log;

      events {
        worker_connections ${toString workerConnections};
      }

      http {
        # A pattern, since not every build brings the file along.
        include ${nginx}/conf/mime.type[s];
        access_log ${logs}/access.log;
        client_body_temp_path ${temporary}/client_body;
        proxy_temp_path ${temporary}/proxy;
        fastcgi_temp_path ${temporary}/fastcgi;
        uwsgi_temp_path ${temporary}/uwsgi;
        scgi_temp_path ${temporary}/scgi;

        ${httpConfig}
      }
    '';
  };
in
createManagedProcess {
  inherit instanceName dependencies;
  description = "Web server and proxy";
  initialize = lib.concatMapStrings (path: ownedDirectory { inherit path owner; }) [ directory logs temporary ];
  process = "${nginx}/bin/nginx";
  args = [ "-p" directory "-e" "${logs}/error.log" "-c" configFile ];
  foregroundProcessExtraArgs = [ "-g" "daemon off;" ];
  # The master process stays root where it may; its workers are this user's.
  credentials = {
    groups.${owner} = { };
    users.${owner} = {
      group = owner;
      description = "nginx ${instanceName}";
    };
  };
  overrides.sysvinit.runlevels = [ 3 4 5 ];
}
