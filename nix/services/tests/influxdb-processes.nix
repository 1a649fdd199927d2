import ./model.nix {
  instances = { services, ... }:
    let
      database = suffix: httpPort: rpcPort: {
        port = httpPort;
        readiness = { http = "/ping"; };
        pkg = services.influxdb { inherit httpPort rpcPort; instanceSuffix = suffix; };
      };
    in
    {
      primary = database "-primary" 8086 8088;
      secondary = database "-secondary" 8087 8089;
    };
}
