# Lets a package set's functions that take a file import it with our import, so that a model which calls them on its
# constructors stays redirected.
{ importFile
, provided # arguments for functions that want them
}:

let
  inherit (builtins) functionArgs intersectAttrs isAttrs isFunction isPath isString removeAttrs;

  load = file: if isPath file || isString file then importFile file else file;

  wrapLib = lib: lib // {
    callPackageWith = automatic: file: lib.callPackageWith (provided // automatic) (load file);
    callPackagesWith = automatic: file: lib.callPackagesWith (provided // automatic) (load file);
  };

  wrapPackages = pkgs:
    let
      # A function that is called gets these, unless its scope has something else of that name.
      ours = {
        callPackage = call pkgs.callPackage { };
        callPackages = call pkgs.callPackages { };
        inherit newScope;
        lib = wrapLib pkgs.lib;
        pkgs = result;
      } // (if !(provided ? nix-processmgmt) then { } else {
        # The framework that cannot be fetched is ours.
        fetchFromGitHub = given:
          if given.repo or "" == "nix-processmgmt" then { outPath = provided.nix-processmgmt; } else pkgs.fetchFromGitHub given;
      });
      newScope = extra: call (pkgs.newScope extra) extra;
      call = callPackage: shadowing: file: args:
        let
          function = load file;
          wanted = if isFunction function then functionArgs function else { };
        in
        callPackage function (intersectAttrs wanted (removeAttrs (ours // provided) (builtins.attrNames shadowing)) // args);
      result = pkgs // ours;
    in
    result;
in
value:
if isAttrs value && value ? callPackage then
  wrapPackages value
else if isAttrs value && value ? callPackageWith then
  wrapLib value
else
  value
