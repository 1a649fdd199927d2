# The function library of the host packages: the part of nixpkgs' lib that models and ordinary Nix
# expressions use, with nixpkgs' names and meaning. Needs nothing but builtins of Nix 2.3, so that
# `import <nixpkgs/lib>` works wherever <nixpkgs> is mapped to ../.
let
  lib =
    parts.trivial
    // parts.fixedPoints
    // parts.lists
    // parts.attrsets
    # Two names mean one thing for lists and another for strings; unqualified they are the lists'.
    // removeAttrs parts.strings [ "join" "replicate" ]
    // parts.customisation
    // parts.meta
    // parts.sources
    // parts.asserts
    // parts.debug
    // {
      inherit (parts.cli) toGNUCommandLine toGNUCommandLineShell;
      inherit (parts) licenses maintainers platforms;
    }
    // parts;

  part = file: import file { inherit lib; };

  parts = {
    trivial = part ./trivial.nix;
    fixedPoints = part ./fixed-points.nix;
    lists = part ./lists.nix;
    attrsets = part ./attrsets.nix;
    strings = part ./strings.nix;
    versions = part ./versions.nix;
    customisation = part ./customisation.nix;
    meta = part ./meta.nix;
    sources = part ./sources.nix;
    asserts = part ./asserts.nix;
    debug = part ./debug.nix;
    cli = part ./cli.nix;
    generators = part ./generators.nix;
    platforms = import ./platforms.nix;
    licenses = import ./licenses.nix;
    # Only ever read through `meta`, which nothing here evaluates.
    maintainers = { };
  };
in
lib
