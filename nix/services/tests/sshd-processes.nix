import ./model.nix {
  instances = { services, ... }:
    let
      server = suffix: port: {
        inherit port;
        readiness = { inherit port; };
        pkg = services.sshd { inherit port; instanceSuffix = suffix; };
      };
    in
    {
      primary = server "-primary" 2222;
      secondary = server "-secondary" 2223;
    };
}
