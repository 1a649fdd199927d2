# Evaluates a model into lines of JSON (src/model/model-document.ts describes them): the first is about the model, each of
# the others about one process. Prints them with their context, which is the only record of what has to be built or kept
# for the model.
{ readExtras ? true # read the instances' port and readiness
, only ? null # see load-model.nix
, ...
}@arguments:

let
  inherit (builtins) attrNames attrValues concatStringsSep filter isInt listToAttrs mapAttrs toJSON unsafeGetAttrPos;

  model = import ./load-model.nix (builtins.removeAttrs arguments [ "readExtras" ]);

  harmless = import ./harmless.nix;

  extra = instance: name: if readExtras && instance ? ${name} then harmless instance.${name} else null;

  positionOf = name: unsafeGetAttrPos name model.all;

  instance = name: value:
    let
      port = extra value "port";
    in
    {
      inherit name;
      port = if isInt port then port else null;
      readiness = extra value "readiness";
      position = positionOf name;
    };

  processes = attrValues model.processes ++ map (item: item.process) model.dependencies;
  scopes = listToAttrs (map
    (process: { name = process.scope.key; value = process.scope.data; })
    (filter (process: process.scope != null) processes));

  header = toJSON {
    formatVersion = 1;
    inherit (builtins) storeDir;
    hostPackages = model.usesHostPackages;
    inherit (model) ignoredParams;
    inherit scopes;
    fallbackTools = if scopes == { } then model.evaluation.fallbackTools else null;
    # For whoever looks for an instance that fails: all that there are.
    outline = if only == null then null else map (name: { inherit name; position = positionOf name; }) (attrNames model.all);
    # The processes that follow are these instances', and then those that only dependencies lead to.
    instances = attrValues (mapAttrs instance model.instances);
    dependents = map (item: item.dependent) model.dependencies;
    conflicts = map (item: { inherit (item) dependent; dependency = item.process.name; }) model.conflicts;
  };

  # The JSON of a process exists already, since it is what processes are compared by.
  text = concatStringsSep "\n" ([ header ] ++ map (process: process.text) processes);
in
{
  inherit text;
  context = builtins.getContext text;
}
