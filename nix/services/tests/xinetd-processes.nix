import ./model.nix {
  instances = { services, forceDisableUserChange, ... }:
    let
      server = suffix: port: {
        inherit port;
        readiness = { inherit port; };
        pkg = services.xinetd {
          services.echo = {
            type = [ "INTERNAL" "UNLISTED" ];
            socket_type = "stream";
            protocol = "tcp";
            inherit port;
            wait = "no";
            user = if forceDisableUserChange then "unprivileged" else "root";
          };
          instanceSuffix = suffix;
        };
      };
    in
    {
      primary = server "-primary" 7001;
      secondary = server "-secondary" 7002;
    };
}
