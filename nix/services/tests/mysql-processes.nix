import ./model.nix {
  instances = { services, runtimeDir, ... }:
    let
      database = suffix: port: rec {
        inherit port;
        socket = "${runtimeDir}/mysql${suffix}/mysqld.sock";
        readiness = { inherit port; };
        pkg = services.mysql { inherit port; instanceSuffix = suffix; };
      };
    in
    {
      primary = database "-primary" 3306;
      secondary = database "-secondary" 3307;
    };
}
