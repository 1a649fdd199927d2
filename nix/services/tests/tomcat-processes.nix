import ./model.nix {
  instances = { services, pkgs, ... }:
    let
      server = name: port: {
        inherit port;
        readiness = { http = "/index.html"; };
        pkg = services.tomcat {
          httpPort = port;
          webapps."" = pkgs.writeTextFile { name = "page"; destination = "/index.html"; text = name; };
          instanceSuffix = "-${name}";
        };
      };
    in
    {
      primary = server "primary" 8080;
      secondary = server "secondary" 8081;
    };
}
