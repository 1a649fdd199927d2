import ./model.nix {
  instances = { services, pkgs, ... }:
    let
      server = name: port: {
        inherit port;
        readiness = { inherit port; };
        pkg = services.vsftpd {
          inherit port;
          anonymousRoot = pkgs.writeTextFile { name = "files"; destination = "/name"; text = name; };
          instanceSuffix = "-${name}";
        };
      };
    in
    {
      primary = server "primary" 2121;
      secondary = server "secondary" 2122;
    };
}
