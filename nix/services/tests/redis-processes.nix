import ./model.nix {
  instances = { services, ... }: {
    primary = rec {
      port = 6379;
      readiness = { inherit port; };
      pkg = services.redis { inherit port; instanceSuffix = "-primary"; };
    };
    secondary = rec {
      port = 6380;
      readiness = { inherit port; };
      pkg = services.redis { inherit port; settings = "requirepass secret"; instanceSuffix = "-secondary"; };
    };
  };
}
