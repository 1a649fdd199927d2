# The names of the process managers that there are: each has a folder, with what it needs of a package set.
let
  inherit (builtins) attrNames filter pathExists readDir;

  backends = ./nixproc/backends;
in
filter (name: pathExists (backends + "/${name}/tools.nix")) (attrNames (readDir backends))
