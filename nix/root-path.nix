# The root of the file system, as a path that no file has to write: Nix can be told to refuse absolute paths in expressions.
let
  up = path: if dirOf path == path then path else up (dirOf path);
in
up ./.
