# Builds the profile of a model: nix-build build-docker-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "docker"
