# Packages of our commands: `common` has those that are for every process manager, an attribute with the name of a manager
# those for it, and each of the common ones has one of its own (`build`, `id-assign` …).
{ system ? builtins.currentSystem
, pkgs ? import ../default-packages.nix { inherit system; }
, ...
}:

let
  inherit (builtins) any attrNames concatStringsSep filter listToAttrs match pathExists readDir readFile replaceStrings
    stringLength substring toString;
  inherit (import ../nixproc/backends/tool-paths.nix { inherit pkgs; }) shell basePath;

  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;

  # The installed program, of which this directory is a part.
  installation = toString ../..;
  program = builtins.path {
    path = ../..;
    name = "nix-processmgmt-ts";
    filter = path: _:
      any (part: path == "${installation}/${part}" || hasPrefix "${installation}/${part}/" path)
        [ "bin" "dist" "nix" "package.json" "LICENSE" ]
      && match ".*\\.map" path == null;
  };

  commands =
    if pathExists (../.. + "/dist/nixproc.js") then
      filter (hasPrefix "nix") (attrNames (readDir ../../bin))
    else
      throw "The commands of nix-processmgmt-ts are not beside ${toString ../.}: name the nix directory of an installed nix-processmgmt-ts by its own path, neither by a link nor as a copy";

  node = import ../node.nix { inherit pkgs; };

  package = name: attributes: script: derivation (attributes // {
    inherit name system;
    builder = shell;
    PATH = "${basePath.coreutils}/bin";
    args = [ "-ec" "mkdir -p \"$out/bin\"\n${script}\nexit 0" ];
    allowSubstitutes = false;
    preferLocalBuild = true;
  });

  install = name: commands: package "nixproc-tools-${name}" { } (concatStringsSep "\n" (map
    (command: ''
      printf '#!%s\nexec %s %s "$@"\n' ${shell} ${node} ${program}/bin/${command} > "$out/bin/${command}"
      chmod 555 "$out/bin/${command}"
    '')
    commands));

  managers = import ../managers.nix;

  isOf = manager: hasPrefix "nixproc-${manager}-";
  common = filter (command: !(any (manager: isOf manager command) managers)) commands;

  # "nixproc-id-assign" -> "id-assign"
  shortName = command: substring (stringLength "nixproc-") (-1) command;

  chainloadUser = replaceStrings
    [ "#!/bin/sh\n" "id=id\n" "setpriv=setpriv\n" ]
    [
      "#!${shell}\n"
      "id=${basePath.coreutils}/bin/id\n"
      "setpriv=${pkgs.util-linux or pkgs.utillinux}/bin/setpriv\n"
    ]
    (readFile ./nixproc-chainload-user);
in
listToAttrs (map (manager: { name = manager; value = install manager (filter (isOf manager) commands); }) managers)
// listToAttrs (map
  (command: { name = shortName command; value = install (shortName command) [ command ]; })
  (filter (hasPrefix "nixproc-") common))
// {
  common = install "common" common;
  # As the framework calls it.
  idassign = install "id-assign" [ "nixproc-id-assign" ];
  chainload-user = package "nixproc-chainload-user" { text = chainloadUser; passAsFile = [ "text" ]; } ''
    cp "$textPath" "$out/bin/nixproc-chainload-user"
    chmod 555 "$out/bin/nixproc-chainload-user"
  '';
}
