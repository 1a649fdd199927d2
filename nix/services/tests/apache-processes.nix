import ./model.nix {
  instances = { services, pkgs, ... }:
    let
      server = name: port: {
        inherit port;
        readiness = { inherit port; };
        pkg = services.apache {
          inherit port;
          documentRoot = pkgs.writeTextFile { name = "page"; destination = "/index.html"; text = name; };
          instanceSuffix = "-${name}";
        };
      };
    in
    {
      primary = server "primary" 8080;
      secondary = server "secondary" 8081;
    };
}
