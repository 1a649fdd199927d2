/**
 * A command that builds new derivations which do nothing, one after the other.
 *
 * @param {number} count
 * @param {string} salt makes them new
 */
export const trivialDerivations = (count, salt) => [
  ...['nix-build', '--no-out-link', '--max-jobs', '1', '--argstr', 'salt', salt, '--arg', 'count', String(count)],
  '--expr',
  `{ salt, count }:
  let
    make = inputs: name: derivation {
      inherit name salt inputs;
      system = builtins.currentSystem;
      builder = "/bin/sh";
      args = [ "-c" ": >$out" ];
    };
  in
  make (builtins.genList (number: make [ ] "part-\${toString number}") (count - 1)) "whole"`,
];
