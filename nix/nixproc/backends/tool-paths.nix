# Where the programs of a package set are, for the tools.nix of each process manager.
{ pkgs }:

let
  # Null for what this platform or machine does not have: whoever can do without it is not held up.
  optional = package:
    let attempt = builtins.tryEval "${package}"; in if package != null && attempt.success then attempt.value else null;
in
{
  # The executable that scripts are run with.
  shell = pkgs.runtimeShell or pkgs.stdenv.shell;

  # Packages whose programs go on a process's PATH.
  basePath = {
    coreutils = "${pkgs.coreutils}";
    gnused = optional (pkgs.gnused or null);
    gnugrep = optional (pkgs.gnugrep or null);
    inetutils = optional (pkgs.inetutils or null);
  };

  inherit optional;

  # A package without which a process manager can run nothing: that it is missing is no fault of the model.
  needed =
    { manager, package, path, isThere ? pkgs ? ${package}, debian ? package }:
    let
      found =
        if pkgs ? isHostPackages then (builtins.tryEval "${path}").success
        else isThere;
    in
    if found then path
    else import ../../explain.nix {
      what = "${manager} needs the package ${package}";
      why = if pkgs ? isHostPackages then "this machine does not have it" else "the package set of the model does not have it";
      fix =
        if pkgs ? isHostPackages then "install it (on Debian: apt-get install ${debian})"
        else "use a package set that has ${package}";
      ofModel = false;
      lacks = true;
    };
}
