# Evaluates a model into the text that model-text.nix describes, and prints it with its context.
{ readExtras ? true # see instance-extras.nix
, only ? null # see load-model.nix
, ...
}@arguments:

let
  inherit (builtins) attrNames removeAttrs unsafeGetAttrPos;

  model = import ./load-model.nix (removeAttrs arguments [ "readExtras" ]);

  text = import ./model-text.nix {
    inherit model;
    extras = import ./instance-extras.nix { inherit model readExtras; };
    # For whoever looks for an instance that fails.
    outline =
      if only == null then
        null
      else
        map (name: { inherit name; position = unsafeGetAttrPos name model.all; }) (attrNames model.all);
  };
in
import ./text-with-context.nix text
