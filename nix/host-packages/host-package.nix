# A package that is made of links to what the host has installed.
#
# Its store path depends on where the programs, links and names below lead, not on what the programs contain: the same
# host gives the same path, and an upgrade of the host's program changes neither it nor the units that name it. (The
# running service keeps the old program until it is restarted, as after any upgrade of the host.) A program that is
# installed where another was found before, or one more of the table's programs, changes the path.
{
  bash,
  host,
  lib,
  missing,
}:
let
  builder = builtins.path {
    name = "link-host-package.sh";
    path = ./builders/link-host-package.sh;
  };

  lines = lib.concatStringsSep "\n";
  pairs = set: lines (lib.mapAttrsToList (name: path: "${name}=${path}") set);

  # Directories of a package that are the host's as a whole.
  commonLinks =
    prefix:
    let
      candidates = {
        etc = [ "/etc" ];
        include = [ "${prefix}/include" ];
        lib = [ "${prefix}/lib" ];
        libexec = [ "${prefix}/libexec" ];
        share = [ "${prefix}/share" ];
      };
      local = lib.optionalAttrs (prefix != "/usr") {
        etc = [ "${prefix}/etc" ] ++ candidates.etc;
      };
    in
    builtins.mapAttrs (_: host.firstExisting) (candidates // local);

  existing = lib.filterAttrs (_: path: path != null);

  ignored =
    pname: function: package: _:
    lib.warn "pkgs.${pname} is the host's own: ${function} changes nothing about it" package;

  # pname: the name below pkgs. main: path of the program that the package is about, or null.
  # withOwner: also take the programs of the distribution's package that owns main.
  # directory: take every program of this directory instead. extras: further programs, by path.
  # names: { NAME = path } further names of programs. wrappers: { NAME = commands } before a program. links: { path in the package = the host's path or null }.
  make =
    {
      pname,
      prefix,
      main ? null,
      withOwner ? true,
      directory ? null,
      extras ? [ ],
      names ? { },
      wrappers ? { },
      links ? { },
      mainProgram ? pname,
      passthru ? (_: { }),
    }:
    let
      # A link inside one of the common directories takes the place of the whole.
      replaced = map (link: builtins.head (lib.splitString "/" link)) (builtins.attrNames (existing links));
      package =
        derivation {
          name = "${lib.sanitizeDerivationName pname}-host";
          inherit (host) system;
          builder = bash;
          args = [
            "-e"
            builder
          ];
          hostPath = host.searchPath;
          main = lib.optionalString (main != null) main;
          inherit withOwner;
          directory = lib.optionalString (directory != null) directory;
          extras = lines extras;
          names = pairs names;
          wrappers = pairs (builtins.mapAttrs (name: builtins.toFile "${lib.sanitizeDerivationName name}-wrapper") wrappers);
          links = pairs (existing (removeAttrs (commonLinks prefix) replaced // links));
          allowSubstitutes = false;
          preferLocalBuild = true;
        }
        // {
          inherit pname;
          version = throw "pkgs.${pname} is the host's own program; its version is not known to the evaluation";
          meta = {
            inherit mainProgram;
            description = "${pname} of this host";
          };
          # The host's files are not divided into outputs.
          bin = package;
          dev = package;
          doc = package;
          lib = package;
          man = package;
          override = ignored pname "override" package;
          overrideAttrs = ignored pname "overrideAttrs" package;
          overrideDerivation = ignored pname "overrideDerivation" package;
          passthru = passthru package;
        }
        // passthru package;
    in
    package;

  # The first path of a program: the entry's own directories, then the host's.
  locate =
    directories: program:
    let
      own = host.firstExisting (map (directory: "${directory}/${program}") directories);
    in
    if own != null then own else host.programs.${program} or null;
in
{
  inherit locate make;

  # A package of the table (tables/programs.nix says what an entry may have). Throws when the host lacks it.
  fromEntry =
    attribute: entry:
    let
      programs = lib.optionals (entry ? program) (lib.toList entry.program);
      directories = entry.directories or [ ];
      preferred = lib.optionals (entry ? beside) (host.directoryOnPath entry.beside);
      find = locate (preferred ++ directories);
      found = builtins.filter (path: path != null) (map find programs);
      main = if found == [ ] then null else builtins.head found;
      header = if entry ? header then host.findHeader entry.header else null;
      debian = entry.debian or null;
      withoutHeader = missing.header {
        attribute = attribute + lib.optionalString (programs != [ ]) ".dev";
        inherit (entry) header;
        debian = entry.debianDev or debian;
      };
      mainProgram = baseNameOf main;
      renamed = existing (builtins.mapAttrs (_: find) (entry.names or { }));
      relatives = lib.optionals (main != null && entry ? family) (
        map (name: "${dirOf main}/${name}") (builtins.filter (lib.hasPrefix entry.family) (host.namesIn (dirOf main)))
      );
      # All of it, siblings included.
      directory = if main != null && builtins.elem (dirOf main) directories then dirOf main else null;
      siblings = lib.optionals (main != null && directory == null) (
        builtins.filter builtins.pathExists (map (name: "${dirOf main}/${name}") (entry.siblings or [ ]))
      );
    in
    if programs != [ ] && main == null then
      missing.program {
        inherit attribute programs debian;
        directories = preferred ++ directories ++ host.programDirectories;
      }
    else if programs == [ ] && header == null then
      withoutHeader
    else
      make {
        pname = entry.pname or attribute;
        prefix = host.prefixOf (if main == null then header else main);
        inherit directory main;
        withOwner = entry.withOwner or true;
        extras =
          lib.optionals (found != [ ]) (builtins.tail found)
          ++ builtins.filter (path: path != null) (map find (entry.also or [ ]))
          ++ relatives
          ++ siblings;
        names = renamed;
        wrappers = entry.wrappers or { };
        links = builtins.mapAttrs (_: paths: host.firstExisting (lib.toList paths)) (entry.links or { });
        mainProgram = entry.mainProgram or (if main == null then attribute else mainProgram);
        passthru =
          package:
          (entry.passthru or (_: { })) package
          // lib.optionalAttrs (entry ? header) { dev = if header == null then withoutHeader else package; };
      };

  # A package of the table of files (tables/java-libraries.nix says what an entry has). Throws when the host lacks one.
  fromFiles =
    attribute:
    {
      debian,
      links ? { },
      warning ? null,
    }:
    let
      absent = builtins.filter (path: host.firstExisting [ path ] == null) (builtins.attrValues links);
      package = make {
        pname = attribute;
        prefix = "/usr";
        inherit links;
      };
    in
    if debian == null || absent != [ ] then
      missing.files { inherit attribute absent debian; }
    else if warning == null then
      package
    else
      lib.warn warning package;

  # A program of the host that no table mentions.
  fromProgram =
    name: path:
    make {
      pname = name;
      prefix = host.prefixOf path;
      main = path;
    };
}
