# Tests of services under all process managers that can run on a Linux machine. Gives `testService` (agnostic.nix).
{ nixpkgs ? null
, system ? builtins.currentSystem
}:

let
  inherit (builtins) listToAttrs map;
in
import ./agnostic.nix {
  inherit nixpkgs system;

  processManagerModules = listToAttrs (map
    (name: { inherit name; value = ../backends + "/${name}/test-module"; })
    (import ../../test-managers.nix));

  profileSettingModules = {
    privileged = ./profiles/privileged.nix;
    unprivileged = ./profiles/unprivileged.nix;
  };
}
