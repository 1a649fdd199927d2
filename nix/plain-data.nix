# Turns a value of a model into plain data that JSON carries without loss: `where` says in words what the value is.
let
  inherit (builtins) all attrValues isAttrs isInt isList isString mapAttrs toString typeOf;
  explain = import ./explain.nix;

  # JSON's numbers are doubles for most readers.
  isExact = number: number <= 9007199254740991 && number >= -9007199254740991;

  ofSimple = {
    bool = _: value: value;
    null = _: value: value;
    int = _: toString;
    float = _: toString;
    # The path of the file itself, as in a list of arguments; "${./file}" in the model copies it into the store.
    path = _: toString;
    lambda = where: _: explain {
      what = "The ${where} is a function";
      why = "Only plain values (texts, numbers, lists, attribute sets, packages) can be handed to a process manager";
      fix = "Call the function in the model, or remove the property";
    };
  };

  # What occurs most comes first, and without a call where there are many.
  plainData = where: value:
    if isString value || isInt value && isExact value then
      value
    else if isList value then
      map (plainData where) value
    else if !isAttrs value then
      ofSimple.${typeOf value} where value
    else if value ? outPath || value ? __toString then
      toString value
    else if all isString (attrValues value) then
      value
    else
      mapAttrs (name: plainData "${where}.${name}") value;
in
plainData
