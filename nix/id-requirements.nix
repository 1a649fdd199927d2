# Prints which pools of IDs the instances of a model want a number from, as a text like that of evaluate.nix: a JSON object
# from instances to what their property says. Reads nothing else of them, so that a model which cannot do without IDs can be
# given its first ones.
{ property # name of the property that lists the pools
, ...
}@arguments:

let
  inherit (builtins) isAttrs mapAttrs removeAttrs toJSON;

  harmless = import ./harmless.nix;
  model = import ./load-model.nix (removeAttrs arguments [ "property" ]);
in
import ./text-with-context.nix (toJSON {
  inherit (model) ignoredParams;
  instances = mapAttrs
    (_: instance: if isAttrs instance && instance ? ${property} then harmless instance.${property} else null)
    model.instances;
})
