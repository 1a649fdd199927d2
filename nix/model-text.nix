# The JSON text that src/model/model-document.ts describes. Its context is the only record of what has to be built or kept
# for the model.
{ model # as load-model.nix gives it
, extras ? { } # what is told of the instances besides their processes (instance-extras.nix)
, outline ? null # all instances that there are, when these are only some
}:

let
  inherit (builtins) attrNames attrValues catAttrs length listToAttrs map storeDir toJSON;

  processes = attrValues model.processes ++ catAttrs "process" model.dependencies;
  scopes = listToAttrs (catAttrs "named" (catAttrs "scope" processes));

  # Nearly always there is one scope, which need not be told of each process.
  told =
    if length (attrNames scopes) < 2 then
      catAttrs "data"
    else
      map (process: process.data // (if process ? scope then { scope = process.scope.named.name; } else { }));
in
toJSON {
  formatVersion = 2;
  inherit storeDir outline scopes;
  hostPackages = model.usesHostPackages;
  inherit (model) ignoredParams;
  fallbackTools = if scopes == { } then model.evaluation.fallbackTools else null;
  instances = extras // { name = attrNames model.instances; };
  # The instances', and then those that only dependencies lead to.
  processes = told processes;
  dependents = catAttrs "dependent" model.dependencies;
  conflicts = map (item: { inherit (item) dependent; dependency = item.process.name; }) model.conflicts;
}
