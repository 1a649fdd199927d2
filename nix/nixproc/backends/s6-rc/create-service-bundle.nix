# createServiceBundle: one name for several services.
import ../../../framework-function.nix (evaluation:

outer:

let
  inherit (builtins) filter isString;
  references = import ./references.nix evaluation;
  create = evaluation.directFunction { manager = "s6-rc"; convert.contents = references.serviceNames; } outer;
in
{ contents ? [ ], ... }@properties:
create (properties // {
  inherit contents;
  # What is in a bundle is deployed with it.
  dependencies = filter (service: !(isString service)) contents;
}))
