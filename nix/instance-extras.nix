# What is told of an instance besides its process: name -> instance -> what src/model/model-document.ts calls so.
{ model # as load-model.nix gives it
, readExtras ? true # read the instance's attributes besides pkg
}:

let
  inherit (builtins) isInt unsafeGetAttrPos;

  harmless = import ./harmless.nix;
  extra = instance: name: if readExtras && instance ? ${name} then harmless instance.${name} else null;
in
name: instance:
let
  port = extra instance "port";
in
{
  port = if isInt port then port else null;
  readiness = extra instance "readiness";
  # Whatever else a model means by it: only this is ours.
  critical = extra instance "critical" != false;
  startTimeout = extra instance "startTimeout";
  stopTimeout = extra instance "stopTimeout";
  position = unsafeGetAttrPos name model.all;
}
