# The type by which Dysnomia and Disnix know the processes of a manager.
import ../framework-function.nix (evaluation:

{ processManager ? evaluation.processManager, ... }:

let
  types = {
    sysvinit = "sysvinit-script";
    systemd = "systemd-unit";
    supervisord = "supervisord-program";
    bsdrc = "bsdrc-script";
    cygrunsrv = "cygrunsrv-service";
    launchd = "launchd-daemon";
    disnix = "process";
    docker = "docker-container";
    s6-rc = "s6-rc-service";
  };
in
if processManager == null then
  "managed-process"
else
  types.${processManager} or (evaluation.explain {
    what = "Dysnomia has no type for processes of \"${processManager}\"";
    why = "It knows those of: ${builtins.concatStringsSep ", " (builtins.attrNames types)}";
  }))
