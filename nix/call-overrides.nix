# Calls the functions that a model gives as overrides with the arguments that we have generated. Gives a JSON text, with its
# context: an object from the names of `generated` to what the functions return.
{ model # as load-model.nix gives it
, generated # attribute set: from the name of an instance, or of a process without one, to its arguments
}:

let
  inherit (builtins) isAttrs isFunction listToAttrs mapAttrs toJSON typeOf;

  explain = import ./explain.nix;
  plainData = import ./plain-data.nix;

  processes =
    listToAttrs (map ({ process, ... }: { inherit (process) name; value = process; }) model.dependencies)
    // model.processes;

  # As nixpkgs' recursiveUpdate; a function in the place of a value gets the generated one (docker has an image and a
  # container to override, each by an attribute set or a function).
  merge = generated: changes: generated // mapAttrs
    (property: change:
      if isFunction change then
        change (generated.${property} or { })
      else if isAttrs change && !(change ? outPath) && isAttrs (generated.${property} or null) then
        merge generated.${property} change
      else
        change)
    changes;

  apply = overrides: args: if isFunction overrides then overrides args else merge args overrides;

  override = name: args:
    let
      process = processes.${name};
      where = "override of \"${name}\" for ${process.manager}";
      result = apply process.overrides args;
    in
    if isAttrs result then
      mapAttrs (property: plainData "property \"${property}\" in the ${where}") result
    else
      explain {
        what = "The ${where} does not return an attribute set";
        why =
          if isFunction result then
            "It is a function that, given the generated arguments, returns another function"
          else
            "Given the generated arguments, it returns a ${typeOf result}";
        fix = "Let it return the arguments with what you change: args: args // { … }";
      };
in
toJSON (mapAttrs override generated)
