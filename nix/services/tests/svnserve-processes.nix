import ./model.nix {
  instances = { services, stateDir, ... }:
    let
      server = name: port: rec {
        inherit port;
        svnBaseDir = "${stateDir}/repositories-${name}";
        readiness = { inherit port; };
        pkg = services.svnserve { inherit port svnBaseDir; instanceSuffix = "-${name}"; };
      };
    in
    {
      primary = server "primary" 3690;
      secondary = server "secondary" 3691;
    };
}
