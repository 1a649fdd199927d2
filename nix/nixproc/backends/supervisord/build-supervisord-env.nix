# Builds the profile of a model: nix-build build-supervisord-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "supervisord"
