import ./model.nix {
  instances = { services, runtimeDir, ... }: {
    primary = rec {
      port = 5432;
      socketDir = "${runtimeDir}/postgresql-primary";
      readiness = { inherit port; };
      pkg = services.postgresql { inherit port; instanceSuffix = "-primary"; };
    };
    secondary = rec {
      port = 5433;
      socketDir = "${runtimeDir}/postgresql-secondary";
      readiness = { inherit port; };
      pkg = services.postgresql {
        inherit port;
        settings = { max_connections = 20; };
        instanceSuffix = "-secondary";
      };
    };
  };
}
