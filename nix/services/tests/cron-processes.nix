import ./model.nix {
  instances = { services, stateDir, ... }:
    let
      server = name: {
        file = "${stateDir}/cron-${name}/ran";
        pkg = services.cron {
          jobs = [ { schedule = "* * * * *"; command = "id -un >ran; echo \"it ran\""; } ];
          instanceSuffix = "-${name}";
        };
      };
    in
    {
      primary = server "primary";
      secondary = server "secondary";
    };
}
