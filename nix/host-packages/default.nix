# A package set over the programs of this host, for machines without nixpkgs: `import <nixpkgs> { … }` works when
# <nixpkgs> is mapped to this directory, and so does `import <nixpkgs/lib>`.
#
# Arguments are nixpkgs'; only overlays mean anything here: the system is the host's, and there is nothing to configure.
# Models call this once for each file that says `import <nixpkgs> { }`: without overlays it is one value, made once.
let
  packageSet = import ./package-set.nix {
    lib = import ./lib;
    host = import ./host.nix;
  };
  withoutOverlays = packageSet [ ];
in
{
  system ? builtins.currentSystem,
  config ? { },
  overlays ? [ ],
  ...
}:
if overlays == [ ] then withoutOverlays else packageSet overlays
