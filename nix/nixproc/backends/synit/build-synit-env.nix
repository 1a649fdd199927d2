# Builds the profile of a model: nix-build build-synit-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "synit"
