# createOneShotService: commands that bring something up, and others that bring it down.
import ../../../framework-function.nix (evaluation:

let
  references = import ./references.nix evaluation;
in
evaluation.directFunction {
  manager = "s6-rc";
  convert = {
    up = references.file;
    down = references.file;
    reload = references.file;
  };
})
