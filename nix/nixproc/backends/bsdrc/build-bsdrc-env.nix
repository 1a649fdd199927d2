# Builds the profile of a model: nix-build build-bsdrc-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "bsdrc"
