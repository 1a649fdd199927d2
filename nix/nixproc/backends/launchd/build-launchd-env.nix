# Builds the profile of a model: nix-build build-launchd-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "launchd"
