# Packages that are unions of others, by links.
{
  lib,
  runCommand,
}:
let
  script = builtins.path {
    name = "link-trees.sh";
    path = ./link-trees.sh;
  };

  # onCollision: "refuse", "warn" or "first" (the first path wins silently).
  linkTrees =
    {
      name,
      paths,
      pathsToLink,
      onCollision,
      extraPrefix ? "",
      attrs ? { },
      postBuild,
    }:
    runCommand name
      (
        {
          paths = lib.concatStringsSep "\n" (map toString (lib.flatten paths));
          pathsToLink = lib.concatStringsSep "\n" pathsToLink;
          inherit extraPrefix onCollision postBuild;
          # The lists may be long.
          passAsFile = [ "paths" ];
        }
        // attrs
      )
      ''
        source ${script}
        linkTrees
        eval "$postBuild"
      '';

  # pkgs.X with several outputs stands for those that an installation shows.
  installed =
    path:
    if lib.isDerivation path && !(path.outputSpecified or false) && path ? meta.outputsToInstall then
      map (output: path.${output}) path.meta.outputsToInstall
    else
      [ path ];
in
{
  # The same file in two paths is an error, unless it has the same content in both; directories are merged.
  buildEnv =
    {
      name,
      paths,
      pathsToLink ? [ "/" ],
      ignoreCollisions ? false,
      checkCollisionContents ? true,
      extraPrefix ? "",
      extraOutputsToInstall ? [ ],
      postBuild ? "",
      buildInputs ? [ ],
      nativeBuildInputs ? [ ],
      meta ? { },
      passthru ? { },
      manifest ? "",
      includeClosures ? false,
    }:
    linkTrees {
      inherit
        extraPrefix
        name
        pathsToLink
        postBuild
        ;
      paths =
        map installed paths
        ++ lib.concatMap (
          path: map (output: path.${output}) (builtins.filter (output: path ? ${output}) extraOutputsToInstall)
        ) paths;
      onCollision = if ignoreCollisions then "warn" else "refuse";
      attrs = {
        inherit
          buildInputs
          checkCollisionContents
          meta
          nativeBuildInputs
          passthru
          ;
      };
    };

  # Of the same file in two paths the first path's is taken.
  symlinkJoin =
    args@{
      name ? "${args.pname}-${args.version}",
      paths,
      postBuild ? "",
      ...
    }:
    linkTrees {
      inherit name paths postBuild;
      pathsToLink = [ "/" ];
      onCollision = "first";
      attrs = removeAttrs args [
        "name"
        "paths"
        "postBuild"
        "stripPrefix"
      ];
    };

  # entries: a list of { name; path; } or a set from names to paths; names may have slashes.
  linkFarm =
    name: entries:
    let
      links =
        if builtins.isList entries then entries else lib.mapAttrsToList (name: path: { inherit name path; }) entries;
      # Of entries with the same name the last counts.
      unique = builtins.listToAttrs (
        map (entry: lib.nameValuePair entry.name entry.path) (lib.reverseList links)
      );
    in
    runCommand name { passthru.entries = unique; } (
      ''
        mkdir -p "$out"
        cd "$out"
      ''
      + lib.concatStrings (
        lib.mapAttrsToList (link: path: ''
          mkdir -p -- "$(dirname -- ${lib.escapeShellArg link})"
          ln -s -- ${lib.escapeShellArg "${path}"} ${lib.escapeShellArg link}
        '') unique
      )
    );
}
