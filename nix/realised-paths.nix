# The store paths that a text refers to, as they will be once all of it is built: a list of strings that make whoever uses
# them wait for that.
text:

let
  inherit (builtins) appendContext attrNames concatLists getContext;

  context = getContext text;

  pathsOf = path:
    let
      element = context.${path};
      # A derivation, read from the store, knows its outputs.
      outputs = map (output: (import path).${output}.outPath) (element.outputs or [ ]);
      # A derivation that is mentioned itself, with all its outputs, is a file of the store as well.
      itself = if element.path or false || element.allOutputs or false then [ (appendContext path { ${path} = element; }) ] else [ ];
    in
    itself ++ outputs;
in
concatLists (map pathsOf (attrNames context))
