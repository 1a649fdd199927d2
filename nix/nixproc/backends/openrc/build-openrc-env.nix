# Builds the profile of a model: nix-build build-openrc-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "openrc"
