# The Node.js that builders render with, as the path of the executable: the package set's; with programs of this machine,
# and package sets that have none, the one that is found as `node` here, wherever it is installed.
{ pkgs }:

let
  inherit (builtins) filter getEnv head isString pathExists split;

  directories = filter (entry: isString entry && entry != "") (split ":" (getEnv "PATH"));
  onPath = filter pathExists (map (directory: "${directory}/node") directories);
in
if pkgs ? nodejs && !(pkgs ? isHostPackages) then
  "${pkgs.nodejs}/bin/node"
else if onPath != [ ] then
  head onPath
else
  "${(import ./host-packages { }).nodejs}/bin/node"
