# The files of the framework that models reach and that we stand in for, by their path from the framework's root. Ours
# lie at the same paths below this directory.
[
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
  "nixproc/backends/synit"
  "nixproc/backends/synit/create-synit-daemon.nix"
]
