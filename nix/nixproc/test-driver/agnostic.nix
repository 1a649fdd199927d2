# Tests of services: gives `testService`, a function from a suite to a derivation for each profile and process manager.
# `nix-processmgmt-ts test` runs them all; nix-build runs one in its builder.
{ nixpkgs ? null # where a package set comes from, as a path; null: <nixpkgs>, or else the programs of this machine
, system ? builtins.currentSystem
  # From the names of process managers to their test modules: what a manager changes about the parameters, and what its
  # machine needs besides (nix/nixproc/backends/NAME/test-module). How it is run and deployed to is ours.
, processManagerModules ? { }
  # From the names of profiles to files of parameters (profiles/privileged.nix).
, profileSettingModules ? { }
}:

let
  inherit (builtins) attrNames concatStringsSep listToAttrs map;

  explain = import ../../explain.nix;

  pkgs =
    if nixpkgs == null then
      import ../../default-packages.nix { inherit system; }
    else
      import nixpkgs { inherit system; };

  genAttrs = names: make: listToAttrs (map (name: { inherit name; value = make name; }) names);

  # name: of the suite; what is a profile or a manager, for the error
  choose = suite: kind: modules: name: modules.${name} or (explain {
    what = "The test suite \"${suite}\" is for the ${kind} \"${name}\", which the test driver does not have";
    why = "It has: ${concatStringsSep ", " (attrNames modules)}";
    fix = "Take one of these, or call agnostic.nix with a module for it";
  });
in
{ name
, processManagers
, profiles
, exprFile
, extraParams ? { }
, nixosConfig ? null
, systemPackages ? [ ]
, initialTests ? null
, readiness ? null
, tests ? null
, postTests ? null
}@suite:

genAttrs profiles (profile:
  genAttrs processManagers (processManager:
    let
      variant = import ../../test-variant.nix {
        inherit pkgs system suite profile processManager;
        profileModule = choose name "profile" profileSettingModules profile;
        managerModule = choose name "process manager" processManagerModules processManager;
      };
    in
    import ../../test-derivation.nix { inherit pkgs variant; }))
