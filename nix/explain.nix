# Fails with an explanation for the user: { what, why ? null, fix ? null, position ? null }. src/evaluate/nix-failure.ts
# knows the marker and reads the JSON that follows it.
explanation: throw "nix-processmgmt-ts explains: ${builtins.toJSON explanation}"
