# Builds the profile of a model: nix-build build-sysvinit-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "sysvinit"
