# What evaluation knows about the host: which programs, headers and directories there are. Everything is lazy, and the
# programs cost one readDir for each directory of the PATH, not one look for each program.
let
  inherit (builtins) pathExists readDir;

  # A local program goes before the distribution's of the same name, as on a usual PATH.
  programDirectories = builtins.filter pathExists [
    "/usr/local/sbin"
    "/usr/local/bin"
    "/usr/sbin"
    "/usr/bin"
    "/sbin"
    "/bin"
  ];

  programsIn = directory: builtins.mapAttrs (name: _: "${directory}/${name}") (readDir directory);

  namesIn = directory: if pathExists directory then builtins.attrNames (readDir directory) else [ ];

  firstExisting =
    paths:
    let
      existing = builtins.filter pathExists paths;
    in
    if existing == [ ] then null else builtins.head existing;
in
rec {
  inherit firstExisting namesIn programDirectories;

  system = builtins.currentSystem;

  # { NAME = "/usr/bin/NAME"; }
  programs = builtins.foldl' (later: directory: later // programsIn directory) { } (
    # The first directory wins, so it is merged last.
    builtins.genList (
      n: builtins.elemAt programDirectories (builtins.length programDirectories - n - 1)
    ) (builtins.length programDirectories)
  );

  searchPath = builtins.concatStringsSep ":" programDirectories;

  # The directory in which the caller's PATH has a program first; a list, empty for a program that is nowhere on it.
  directoryOnPath =
    let
      searched = builtins.filter (entry: builtins.isString entry && builtins.substring 0 1 entry == "/") (
        builtins.split ":" (builtins.getEnv "PATH")
      );
    in
    program:
    let
      found = builtins.filter (directory: pathExists "${directory}/${program}") searched;
    in
    if found == [ ] then [ ] else [ (builtins.head found) ];

  # /usr for what the distribution installed (its configuration is in /etc), /usr/local for the rest.
  prefixOf = path: if builtins.substring 0 11 path == "/usr/local/" then "/usr/local" else "/usr";

  multiarch = builtins.replaceStrings [ "-linux" ] [ "-linux-gnu" ] system;

  findHeader =
    header:
    firstExisting [
      "/usr/local/include/${header}"
      "/usr/include/${header}"
      "/usr/include/${multiarch}/${header}"
    ];

  # Directories below `parent` that have versions as names, the newest first, each with `rest` appended.
  versionsBelow =
    parent: rest:
    map (name: "${parent}/${name}${rest}") (
      builtins.sort (a: b: builtins.compareVersions a b > 0) (
        builtins.filter (name: builtins.match "[0-9][0-9.]*" name != null) (namesIn parent)
      )
    );

  isDebian = pathExists "/var/lib/dpkg/info";

  pythonModuleDirectories =
    let
      below =
        lib:
        builtins.concatMap (
          name:
          if builtins.match "python3(\\.[0-9]+)?" name == null then
            [ ]
          else
            [
              "${lib}/${name}/dist-packages"
              "${lib}/${name}/site-packages"
            ]
        ) (namesIn lib);
    in
    builtins.filter pathExists (below "/usr/local/lib" ++ below "/usr/lib");

  perlModuleDirectories =
    let
      versionsOf = parent: versionsBelow parent "";
    in
    builtins.filter pathExists (
      [
        "/etc/perl"
        "/usr/share/perl5"
        "/usr/lib/${multiarch}/perl5"
        "/usr/lib/${multiarch}/perl-base"
      ]
      ++ versionsOf "/usr/local/share/perl"
      ++ versionsOf "/usr/local/lib/${multiarch}/perl"
      ++ versionsOf "/usr/lib/${multiarch}/perl5"
      ++ versionsOf "/usr/share/perl"
      ++ versionsOf "/usr/lib/${multiarch}/perl"
    );
}
