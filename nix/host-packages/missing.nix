# Stops the evaluation where the host lacks something, and says what, why and what to do about it.
{ host, lib }:
let
  channel = "add the nixpkgs channel: nix-channel --add https://nixos.org/channels/nixpkgs-unstable nixpkgs && nix-channel --update";

  refuse =
    {
      what,
      why,
      fix,
    }:
    import ../explain.nix {
      inherit what;
      why = "nixpkgs is not in use, so packages are the host's own programs; ${why}";
      fix = "${fix}, or ${channel}";
      lacks = true;
    };

  # debian: the Debian package that brings it, or null.
  install =
    debian: otherwise:
    if debian == null then
      otherwise
    else if host.isDebian then
      "apt-get install ${debian}"
    else
      "${otherwise} (Debian's package is called ${debian})";
in
{
  # `attribute` as the model names it below pkgs; one of the programs would do.
  program =
    {
      attribute,
      programs,
      directories,
      debian,
    }:
    let
      names = lib.concatStringsSep " or " programs;
    in
    refuse {
      what = "pkgs.${attribute}: this host has no program ${names}";
      why = "none is in ${lib.concatStringsSep ", " directories}";
      fix = install debian "install a program named ${names}";
    };

  header =
    {
      attribute,
      header,
      debian,
    }:
    refuse {
      what = "pkgs.${attribute}: this host has no header ${header}";
      why = "there is none below /usr/include or /usr/local/include";
      fix = install debian "install the development files that have ${header}";
    };

  module =
    {
      attribute,
      language,
      module,
      debian,
    }:
    refuse {
      what = "pkgs.${attribute}: this host has no ${language} module ${module}";
      why = "the host's ${language} does not have it";
      fix = install debian "install it for the host's ${language}";
    };

  # absent: paths; debian: the packages that have them, or null where Debian has nothing of the kind.
  files =
    {
      attribute,
      absent,
      debian,
    }:
    refuse {
      what = "pkgs.${attribute}: this host does not have it";
      why = if debian == null then "no package of Debian is its equal" else "there is no ${builtins.head absent}";
      fix = install debian "leave out what needs it";
    };

  # Arguments of a package function that nothing supplies.
  arguments =
    names:
    refuse {
      what = "callPackage: there is no package ${lib.concatStringsSep ", " names}";
      why = "it is no package that is known by a name of its own, nor a program of the host";
      fix = "pass it as an argument, install a program of that name";
    };

  bash = refuse {
    what = "this host has no program bash";
    why = "bash builds every package, and is in none of ${lib.concatStringsSep ", " host.programDirectories}";
    fix = install "bash" "install bash";
  };
}
