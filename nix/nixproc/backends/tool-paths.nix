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
}
