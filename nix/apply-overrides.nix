# Calls the functions that a model gives as overrides with the arguments that we have generated. Prints a text and its
# context as evaluate.nix does; the text is a JSON object from names to the functions' results.
{ generated # absolute path of a JSON file: from the name of an instance, or of a process without one, to its arguments
, ...
}@arguments:

let
  inherit (builtins) fromJSON getContext isAttrs isFunction listToAttrs mapAttrs readFile removeAttrs toJSON typeOf;

  explain = import ./explain.nix;
  plainData = import ./plain-data.nix;
  model = import ./load-model.nix (removeAttrs arguments [ "generated" ]);

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
      where = "override of \"${name}\" for ${model.evaluation.processManager}";
      result = apply processes.${name}.overrides args;
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

  text = toJSON (mapAttrs override (fromJSON (readFile (/. + generated))));
in
{
  inherit text;
  context = getContext text;
}
