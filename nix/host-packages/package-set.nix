# The set of all packages, as a function of overlays. Names come from four places, the first that has one wins: builders
# and stdenv, languages, the tables, the programs of the host. All values are lazy: a name costs nothing until it is used.
{ host, lib }:
let
  missing = import ./missing.nix { inherit host lib; };
  # Builders, and the scripts that we write, need bash. They name the host's own path of it, so that a script's first
  # line stays short and valid whatever becomes of the store.
  bash = host.programs.bash or missing.bash;
  hostPackage = import ./host-package.nix {
    inherit
      bash
      host
      lib
      missing
      ;
  };

  programs = import ./tables/programs.nix { inherit host; };
  tabled =
    builtins.mapAttrs hostPackage.fromEntry (import ./tables/libraries.nix // programs)
    // builtins.mapAttrs hostPackage.fromFiles (import ./tables/java-libraries.nix);
  aliases = import ./tables/aliases.nix;
  interpreters = import ./interpreters.nix {
    inherit
      host
      hostPackage
      lib
      missing
      programs
      ;
  };

  # What has a meaning as a package name in nixpkgs, not only as a program of the host.
  knownTo =
    final:
    tabled // builtins.mapAttrs (_: name: final.${name}) aliases // interpreters // buildersOf final;

  buildersOf =
    final:
    let
      stdenv = import ./stdenv {
        inherit bash host lib;
        cc = if host.programs ? gcc || !(host.programs ? clang) then final.gcc else final.clang;
      };
      commands = import ./builders/run-command.nix { inherit stdenv; };
      inherit (commands) runCommand;

      # A host has programs named test, id or time. As arguments with defaults (`{ stdenv, test ? false }:`) these names
      # hardly mean the programs, so a default is replaced by known packages only.
      callPackageWith = lib.callPackageUnder {
        isOffered = name: !(host.programs ? ${name}) || knownNames ? ${name};
        refuse = missing.arguments;
      };
    in
    commands
    // import ./builders/text.nix {
      inherit
        bash
        lib
        runCommand
        stdenv
        ;
    }
    // import ./builders/link-trees.nix { inherit lib runCommand; }
    // import ./builders/substitute.nix { inherit lib stdenv; }
    // import ./builders/make-wrapper.nix { inherit lib stdenv; }
    // {
      # Nobody else's package set has it: by this mark the embedded packages are told from nixpkgs.
      isHostPackages = true;

      inherit lib stdenv;
      inherit (host) system;
      inherit (stdenv) buildPlatform hostPlatform targetPlatform;
      stdenvNoCC = stdenv;
      config = { };
      path = ./.;
      runtimeShell = bash;
      runtimeShellPackage = final.bash;

      pkgs = final;
      buildPackages = final;
      pkgsBuildBuild = final;
      pkgsBuildHost = final;
      pkgsHostTarget = final;
      targetPackages = final;

      callPackage = callPackageWith final;
      callPackages = lib.callPackagesWith final;
      newScope = extra: callPackageWith (final // extra);

      fetchurl = import ./builders/fetchurl.nix { inherit lib; };
      fetchFromGitHub = import ./builders/fetch-from-github.nix;
      emptyFile = runCommand "empty-file" { } ''touch "$out"'';
      emptyDirectory = runCommand "empty-directory" { } ''mkdir "$out"'';

      inherit (lib) recurseIntoAttrs dontRecurseIntoAttrs;
    };

  # Only the names of this are looked at, which do not depend on the final set.
  knownNames = knownTo { };

  withOverlays =
    overlays:
    let
      base =
        final:
        builtins.mapAttrs hostPackage.fromProgram host.programs
        // knownTo final
        // {
          appendOverlays = more: withOverlays (overlays ++ more);
          extend = overlay: withOverlays (overlays ++ [ overlay ]);
        };
    in
    lib.fix (builtins.foldl' (layer: overlay: lib.extends overlay layer) base overlays);
in
withOverlays
