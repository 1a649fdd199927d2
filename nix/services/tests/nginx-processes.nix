import ./model.nix {
  instances = { services, pkgs, ... }:
    let
      page = text: pkgs.writeTextFile { name = "page"; destination = "/index.html"; inherit text; };
      server = port: text: ''
        server {
          listen 127.0.0.1:${toString port};
          root ${page text};
        }
      '';
    in
    rec {
      primary = rec {
        port = 8081;
        dnsName = "primary.local";
        readiness = { inherit port; };
        pkg = services.nginx { inherit port; httpConfig = server port "primary"; instanceSuffix = "-primary"; };
      };
      secondary = rec {
        port = 8082;
        dnsName = "secondary.local";
        readiness = { inherit port; };
        pkg = services.nginx { inherit port; httpConfig = server port "secondary"; instanceSuffix = "-secondary"; };
      };
      proxy = rec {
        port = 8080;
        readiness = { inherit port; };
        pkg = services.nginxReverseProxyHostBased { inherit port; webapps = [ primary secondary ]; } { };
      };
    };
}
