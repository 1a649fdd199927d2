# Fails with an explanation for the user: { what, why ? null, fix ? null, position ? null, ofModel ? true, lacks ? false }. src/evaluate/nix-failure.ts
# knows the marker and reads the JSON that follows it; whoever runs Nix without our command reads the words before it.
explanation:

let
  line = label: text: if text == null then "" else "\n${label}: ${text}";
in
throw (explanation.what
  + line "why" (explanation.why or null)
  + line "fix" (explanation.fix or null)
  + "\nnix-processmgmt-ts explains: ${builtins.toJSON explanation}")
