# Renders a model while Nix evaluates: builders run our renderer (src/renderer) on what was evaluated, and Nix reads their
# results (import from derivation). Gives the derivation of the same profile that our command builds from the same model.
#
# Scripts of processes are store paths of their own, which only an evaluation can make: a builder alone, without the
# detour, would have to write other files than those of the profile.
{ model # as load-model.nix gives it
, processManager
, pkgs # whose Node.js and shell the builders use
, result # { kind = "profile"; }, or { kind = "instance"; name }
, extras ? null # see model-text.nix
, settings ? { } # what the user set
, options ? { } # texts that only some managers know
, node ? import ./node.nix { inherit pkgs; }
}:

let
  inherit (builtins) any attrValues currentSystem fromJSON pathExists readFile toJSON unsafeDiscardStringContext;
  inherit (import ./nixproc/backends/tool-paths.nix { inherit pkgs; }) shell;

  ours = ./.;
  renderer =
    if pathExists ./renderer.mjs then
      "${ours}/renderer.mjs"
    else
      throw "nix/renderer.mjs is missing: in a clone of nix-processmgmt-ts, make it with `npm ci && npm run build`";

  text = import ./model-text.nix ({ inherit model; } // (if extras == null then { } else { inherit extras; }));
  storePaths = import ./realised-paths.nix text;

  render = { result, overridden }: derivation {
    name = "rendered-${result.kind}";
    system = currentSystem;
    builder = shell;
    # A builder that ends in another program than the shell was seen killed by Nix 2.8 before its exit code arrived.
    args = [ "-ec" ''"$node" "$renderer" "$requestPath" "$out"; exit 0'' ];
    inherit node renderer;
    request = toJSON { inherit result processManager storePaths overridden settings options; model = text; };
    passAsFile = [ "request" ];
    allowSubstitutes = false;
    preferLocalBuild = true;
  };

  none = { text = "{}"; storePaths = [ ]; };

  generated = render { result.kind = "generated"; overridden = none; };

  overridden =
    let
      text = import ./call-overrides.nix {
        inherit model;
        generated = fromJSON (unsafeDiscardStringContext (readFile "${generated}/generated.json"));
      };
    in
    { inherit text; storePaths = import ./realised-paths.nix text; };

  processes = attrValues model.processes ++ map (item: item.process) model.dependencies;
  needsCalls = any (process: process.data.overrides or null == "function") processes;
in
import ./profile.nix {
  documentDirectory = render { inherit result; overridden = if needsCalls then overridden else none; };
}
