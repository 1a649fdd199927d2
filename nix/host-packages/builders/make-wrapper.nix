# Setup hooks: shell that a package adds to the builds of those who have it among their inputs.
{ lib, stdenv }:
let
  makeSetupHook =
    {
      name ? "hook",
      propagatedBuildInputs ? [ ],
      substitutions ? { },
      meta ? { },
      passthru ? { },
    }:
    script:
    stdenv.mkDerivation (
      substitutions
      // {
        inherit name meta passthru;
        hook = script;
        inherit propagatedBuildInputs;
        buildCommand = ''
          mkdir -p "$out/nix-support"
          substituteAll "$hook" "$out/nix-support/setup-hook"
          _recordPropagation
        '';
      }
    );

  makeWrapper = makeSetupHook { name = "make-wrapper-host"; } ./make-wrapper.sh;
in
{
  inherit makeSetupHook makeWrapper;
  # Shell wrappers do what compiled ones would.
  makeBinaryWrapper = makeWrapper;
  makeShellWrapper = makeWrapper;
}
