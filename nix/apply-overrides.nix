# Calls the override functions of a model (call-overrides.nix) and prints what they return as evaluate.nix does.
{ generated # absolute path of a JSON file: from the name of an instance, or of a process without one, to its arguments
, ...
}@arguments:

import ./text-with-context.nix (import ./call-overrides.nix {
  model = import ./load-model.nix (builtins.removeAttrs arguments [ "generated" ]);
  generated = builtins.fromJSON (builtins.readFile (import ./root-path.nix + generated));
})
