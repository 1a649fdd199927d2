# Lines of JSON (src/model/model-document.ts describes them): the first is about a model, each of the others about one
# process. Their context is the only record of what has to be built or kept for the model.
{ model # as load-model.nix gives it
, extras ? _: _: { } # name -> instance -> what is told besides the process
, outline ? null # all instances that there are, when these are only some
}:

let
  inherit (builtins) attrValues concatStringsSep filter listToAttrs mapAttrs storeDir toJSON;

  processes = attrValues model.processes ++ map (item: item.process) model.dependencies;
  scopes = listToAttrs (map
    (process: { name = process.scope.key; value = process.scope.data; })
    (filter (process: process.scope != null) processes));

  header = toJSON {
    formatVersion = 1;
    inherit storeDir outline scopes;
    hostPackages = model.usesHostPackages;
    inherit (model) ignoredParams;
    fallbackTools = if scopes == { } then model.evaluation.fallbackTools else null;
    # The processes that follow are these instances', and then those that only dependencies lead to.
    instances = attrValues (mapAttrs (name: instance: { inherit name; } // extras name instance) model.instances);
    dependents = map (item: item.dependent) model.dependencies;
    conflicts = map (item: { inherit (item) dependent; dependency = item.process.name; }) model.conflicts;
  };
in
# The JSON of a process exists already, since it is what processes are compared by.
concatStringsSep "\n" ([ header ] ++ map (process: process.text) processes)
