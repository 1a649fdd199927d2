# runCommand and its variants: a derivation from a piece of shell.
{ stdenv }:
let
  runCommandWith =
    {
      name,
      stdenv ? defaultStdenv,
      derivationArgs ? { },
      # Nothing here is built remotely or substituted anyway.
      runLocal ? true,
    }:
    buildCommand:
    stdenv.mkDerivation (
      {
        inherit name buildCommand;
        enableParallelBuilding = true;
      }
      // derivationArgs
    );
  defaultStdenv = stdenv;

  runCommand =
    name: derivationArgs:
    runCommandWith { inherit name derivationArgs; };
in
{
  inherit runCommand runCommandWith;
  runCommandCC = runCommand;
  runCommandLocal = runCommand;
  runCommandNoCC = runCommand;
  runCommandNoCCLocal = runCommand;
}
