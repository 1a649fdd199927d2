# Builds the profile of a model: nix-build build-runit-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "runit"
