# The files of the framework that models and command lines reach and that we stand in for, by their path from the
# framework's root. Ours lie at the same paths below this directory.
{
  # Functions that belong to the evaluation of a model (framework-function.nix).
  functions = [
    "nixproc/create-managed-process/universal/create-managed-process-universal.nix"
    "nixproc/create-credentials"
    "nixproc/derive-dysnomia-process-type.nix"
    "nixproc/backends/sysvinit/create-sysvinit-script.nix"
    "nixproc/backends/sysvinit/init-functions.nix"
    "nixproc/backends/supervisord/create-supervisord-program.nix"
    "nixproc/backends/systemd/create-systemd-service.nix"
    "nixproc/backends/bsdrc/create-bsdrc-script.nix"
    "nixproc/backends/disnix/create-process-script.nix"
    "nixproc/backends/docker/create-docker-container.nix"
    "nixproc/backends/s6-rc"
    "nixproc/backends/s6-rc/create-log-service-for-longrun-service.nix"
    "nixproc/backends/s6-rc/create-longrun-service.nix"
    "nixproc/backends/s6-rc/create-oneshot-service.nix"
    "nixproc/backends/s6-rc/create-service-bundle.nix"
    "nixproc/backends/launchd/create-launchd-daemon.nix"
    "nixproc/backends/cygrunsrv/create-cygrunsrv-params.nix"
    "nixproc/backends/runit"
    "nixproc/backends/runit/create-runit-service.nix"
    "nixproc/backends/synit"
    "nixproc/backends/synit/create-synit-daemon.nix"
  ];

  # Files that bring all they need.
  files = map (manager: "nixproc/backends/${manager}/build-${manager}-env.nix") (import ./managers.nix) ++ [
    "nixproc/create-image-from-steps/create-multi-process-image-universal.nix"
    "nixproc/create-image-from-steps/create-mutable-multi-process-image-universal.nix"
    "nixproc/create-image-from-steps/create-nix-image.nix"
    "tools"
  ];

  # Files that take a path of nixpkgs.
  packaged = [
    "nixproc/test-driver/agnostic.nix"
    "nixproc/test-driver/universal.nix"
  ];

  # Files that import what the user names.
  redirected = [
    "nixproc/create-managed-process/agnostic/create-managed-process-from-config.nix"
  ];
}
