# Builds the profile of a model: nix-build build-disnix-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "disnix"
