# What can be read of a value that is the user's own, such as an instance's port: null stands for the rest.
let
  inherit (builtins) isAttrs isFunction isInt isList mapAttrs tryEval;

  harmless = value:
    let
      attempt = tryEval value;
      found = attempt.value;
    in
    # Most are ports.
    if isInt found then
      found
    else if !attempt.success || isFunction found then
      null
    else if isList found then
      map harmless found
    else if isAttrs found && !(found ? outPath) then
      mapAttrs (_: harmless) found
    else
      found;
in
harmless
