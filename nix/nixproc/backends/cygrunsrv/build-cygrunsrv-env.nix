# Builds the profile of a model: nix-build build-cygrunsrv-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "cygrunsrv"
