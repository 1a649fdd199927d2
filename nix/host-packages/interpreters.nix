# Python and Perl of the host, and their modules as packages. A module's package holds nothing of its own: the host's
# interpreter finds the host's modules anyway; it stands for the module in lists of inputs, and says when it is missing.
{
  host,
  lib,
  missing,
  hostPackage,
  programs,
}:
let
  modulePackage =
    pname: path:
    hostPackage.make {
      inherit pname;
      prefix = host.prefixOf path;
    };

  fromTable =
    { language, set, directories }:
    builtins.mapAttrs (
      name:
      { module, debian }:
      let
        path = host.firstExisting (map (directory: "${directory}/${module}") directories);
      in
      if path != null then
        modulePackage "${language}-${name}" path
      else
        missing.module {
          attribute = "${set}.${name}";
          inherit debian module language;
        }
    );

  # The interpreter itself once each module that `choose` takes is found to be there.
  withModules =
    interpreter: modules: choose:
    builtins.foldl' (result: module: builtins.seq module result) interpreter (choose modules);

  # Directories and single files; metadata, caches and compiled extensions are not what models name.
  moduleOfFile =
    file:
    let
      name = builtins.match "([A-Za-z][A-Za-z0-9_]*)(\\.py)?" file;
    in
    if name == null then [ ] else [ (builtins.head name) ];

  hostPythonModules = builtins.listToAttrs (
    builtins.concatMap (
      directory:
      builtins.concatMap (
        file:
        map (name: lib.nameValuePair name (modulePackage "python-${name}" "${directory}/${file}")) (
          moduleOfFile file
        )
      ) (host.namesIn directory)
    ) host.pythonModuleDirectories
  );

  pythonMinorVersions = builtins.sort (a: b: a > b) (
    map lib.toIntBase10 (
      builtins.concatLists (
        builtins.filter (minor: minor != null) (
          map (builtins.match "python3\\.([0-9]+)") (builtins.attrNames host.programs)
        )
      )
    )
  );

  pythonPassthru = pythonVersion: package: {
    interpreter = "${package}/bin/python3";
    executable = "python3";
    inherit pythonVersion;
    version = pythonVersion;
    sitePackages = "lib/python3/dist-packages";
    pkgs = python3Packages;
    withPackages = withModules package python3Packages;
    isPy3 = true;
    isPython3 = true;
  };

  python3 = hostPackage.fromEntry "python3" {
    program = "python3";
    debian = "python3-minimal";
    names.python = "python3";
    passthru = pythonPassthru (
      if pythonMinorVersions == [ ] then
        throw "pkgs.python3: this host has no program python3.N that tells its version"
      else
        "3.${toString (builtins.head pythonMinorVersions)}"
    );
  };

  # python311 and its like: only if the host has just that version.
  versioned = builtins.listToAttrs (
    map (
      minor:
      lib.nameValuePair "python3${toString minor}" (
        hostPackage.fromEntry "python3${toString minor}" {
          program = "python3.${toString minor}";
          debian = "python3.${toString minor}-minimal";
          withOwner = false;
          names = {
            python = "python3.${toString minor}";
            python3 = "python3.${toString minor}";
          };
          mainProgram = "python3.${toString minor}";
          passthru = pythonPassthru "3.${toString minor}";
        }
      )
    ) (lib.range 6 15)
  );

  python3Packages =
    hostPythonModules
    // fromTable {
      language = "Python";
      set = "python3Packages";
      directories = host.pythonModuleDirectories;
    } (import ./tables/python-modules.nix)
    // {
      python = python3;
      inherit python3;
      # Its programs are what a model wants of it.
      supervisor = hostPackage.fromEntry "python3Packages.supervisor" (
        programs.supervisor // { pname = "supervisor"; }
      );
    };

  perlPackages = fromTable {
    language = "Perl";
    set = "perlPackages";
    directories = host.perlModuleDirectories;
  } (import ./tables/perl-modules.nix);

  perl = hostPackage.fromEntry "perl" (
    programs.perl
    // {
      passthru = package: { withPackages = withModules package (perlPackages // { inherit perl; }); };
    }
  );
in
versioned
// {
  inherit
    perl
    perlPackages
    python3
    python3Packages
    ;
  perl5Packages = perlPackages;
  python = python3;
  pythonPackages = python3Packages;
  python3Full = python3;
  python3Minimal = python3;
}
