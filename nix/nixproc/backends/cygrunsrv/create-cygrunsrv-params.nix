# createCygrunsrvParams: a process described by the parameters that cygrunsrv installs a service with.
import ../../../framework-function.nix (evaluation: evaluation.directFunction {
  manager = "cygrunsrv";
  # What names of services begin with.
  outerProperties = [ "prefix" ];
  convert = {
    # Not packages, but the program.
    path = _: evaluation.interpolate;
    environmentPath = _: map evaluation.interpolate;
  };
})
