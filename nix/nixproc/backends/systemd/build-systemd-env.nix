# Builds the profile of a model: nix-build build-systemd-env.nix --argstr exprFile $PWD/processes.nix
import ../build-env.nix "systemd"
