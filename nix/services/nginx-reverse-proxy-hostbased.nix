args@{ createManagedProcess, lib, writeTextFile, nginx, stateDir, logDir, cacheDir, runtimeDir, forceDisableUserChange, ownedDirectory }:

# webapps: instances with a port and a dnsName; a request goes to the one whose dnsName is its host
{ port ? 80
, listenAddress ? "127.0.0.1"
, webapps ? [ ]
, workerConnections ? 1024
, instanceSuffix ? ""
, instanceName ? "nginx${instanceSuffix}"
}:

# Further instances that have to run before the proxy does, by name
interDependencies:

import ./nginx.nix args {
  inherit port workerConnections instanceName;
  dependencies = map ({ pkg, ... }: pkg) (webapps ++ builtins.attrValues interDependencies);
  httpConfig = ''
    server {
      listen ${listenAddress}:${toString port} default_server;
      return 404 "No web application has this name\n";
    }
  '' + lib.concatMapStrings
    (webapp: ''
      server {
        listen ${listenAddress}:${toString port};
        server_name ${webapp.dnsName};

        location / {
          proxy_pass http://127.0.0.1:${toString webapp.port};
          proxy_set_header Host $host;
        }
      }
    '')
    webapps;
}
