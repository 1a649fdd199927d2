# Which files of a directory become a source.
{ lib }:
let
  # A source that was filtered before is filtered from its origin, so that filters add up.
  originOf =
    src:
    if src._isLibCleanSourceWith or false then
      src
    else
      {
        origSrc = src;
        filter = _: _: true;
        name = "source";
      };
in
rec {
  inherit (builtins) filterSource;

  pathType =
    path:
    if toString path == "/" then
      "directory"
    else
      (builtins.readDir (dirOf path)).${baseNameOf path} or (throw "pathType: ${toString path} does not exist");
  pathIsDirectory = path: builtins.pathExists path && pathType path == "directory";
  pathIsRegularFile = path: builtins.pathExists path && pathType path == "regular";

  cleanSourceFilter =
    name: type:
    let
      base = baseNameOf (toString name);
    in
    !(
      builtins.elem base [
        ".git"
        ".svn"
        "CVS"
        ".hg"
        ".jj"
        ".pijul"
        "_darcs"
      ]
      || lib.hasSuffix "~" base
      || builtins.match "\\.sw[a-z]|\\..*\\.sw[a-z]" base != null
      || (type == "regular" && (lib.hasSuffix ".o" base || lib.hasSuffix ".so" base))
      || (type == "symlink" && lib.hasPrefix "result" base)
      || type == "unknown"
    );
  cleanSourceWith =
    {
      src,
      filter ? (_: _: true),
      name ? null,
    }:
    let
      origin = originOf src;
      combined = path: type: filter path type && origin.filter path type;
      chosenName = if name == null then origin.name else name;
    in
    {
      inherit (origin) origSrc;
      filter = combined;
      name = chosenName;
      outPath = builtins.path {
        name = chosenName;
        path = origin.origSrc;
        filter = combined;
      };
      _isLibCleanSourceWith = true;
    };
  cleanSource =
    src:
    cleanSourceWith {
      inherit src;
      filter = cleanSourceFilter;
    };
  # `regexes` match whole paths relative to src; a directory stays only if one matches it too.
  sourceByRegex =
    src: regexes:
    let
      root = toString (originOf src).origSrc + "/";
      matches = path: regex: builtins.match regex (lib.removePrefix root (toString path)) != null;
    in
    cleanSourceWith {
      inherit src;
      filter = path: _: builtins.any (matches path) regexes;
    };
  sourceFilesBySuffices =
    src: suffixes:
    cleanSourceWith {
      inherit src;
      filter =
        path: type: type == "directory" || builtins.any (suffix: lib.hasSuffix suffix path) suffixes;
    };
  sourceFilesBySuffixes = sourceFilesBySuffices;
}
