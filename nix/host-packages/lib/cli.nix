# Command lines from attribute sets.
{ lib }:
rec {
  toGNUCommandLineShell = options: set: lib.escapeShellArgs (toGNUCommandLine options set);

  toGNUCommandLine =
    {
      mkOptionName ? (name: if builtins.stringLength name == 1 then "-${name}" else "--${name}"),
      mkBool ? (name: value: lib.optional value (mkOptionName name)),
      mkList ? (name: values: builtins.concatMap (mkOption name) values),
      mkOption ? (
        name: value:
        let
          text = lib.generators.mkValueStringDefault { } value;
        in
        if value == null then
          [ ]
        else if optionValueSeparator == null then
          [
            (mkOptionName name)
            text
          ]
        else
          [ "${mkOptionName name}${optionValueSeparator}${text}" ]
      ),
      optionValueSeparator ? null,
    }:
    set:
    let
      render =
        name: value:
        if builtins.isBool value then
          mkBool name value
        else if builtins.isList value then
          mkList name value
        else
          mkOption name value;
    in
    builtins.concatLists (lib.mapAttrsToList render set);
}
