# All create functions of s6-rc, which share how output is logged.
import ../../../framework-function.nix (evaluation:

outer:

let
  apply = file: arguments: evaluation.inEvaluation file (outer // arguments);
in
rec {
  createLogServiceForLongRunService = apply ./create-log-service-for-longrun-service.nix { };
  createLongRunService = apply ./create-longrun-service.nix { inherit createLogServiceForLongRunService; };
  createOneShotService = apply ./create-oneshot-service.nix { };
  createServiceBundle = apply ./create-service-bundle.nix { };
})
