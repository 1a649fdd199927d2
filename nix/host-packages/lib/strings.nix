# Strings.
{ lib }:
let
  inherit (builtins)
    concatStringsSep
    elemAt
    filter
    genList
    head
    isAttrs
    isList
    isString
    match
    replaceStrings
    split
    stringLength
    substring
    tail
    ;

  lowerLetters = stringToCharacters "abcdefghijklmnopqrstuvwxyz";
  upperLetters = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  toLower = replaceStrings upperLetters lowerLetters;
  toUpper = replaceStrings lowerLetters upperLetters;

  stringToCharacters = s: genList (n: substring n 1 s) (stringLength s);

  # Characters by code; JSON is Nix's only notation for the control characters.
  asciiCharacters = genList (
    n: builtins.fromJSON ''"\u00${lib.fixedWidthString 2 "0" (lib.toHexString (n + 1))}"''
  ) 127;
  asciiCodes = builtins.listToAttrs (
    lib.imap1 (code: name: {
      inherit name;
      value = code;
    }) asciiCharacters
  );
in
rec {
  inherit (builtins)
    compareVersions
    concatStringsSep
    fromJSON
    isString
    match
    parseDrvName
    readFile
    replaceStrings
    split
    storeDir
    stringLength
    substring
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;
  inherit stringToCharacters toLower toUpper;

  # Joining
  concatStrings = concatStringsSep "";
  concatMapStrings = f: xs: concatStrings (map f xs);
  concatImapStrings = f: xs: concatStrings (lib.imap1 f xs);
  concatMapStringsSep =
    separator: f: xs:
    concatStringsSep separator (map f xs);
  concatImapStringsSep =
    separator: f: xs:
    concatStringsSep separator (lib.imap1 f xs);
  concatMapAttrsStringSep =
    separator: f: set:
    concatStringsSep separator (lib.mapAttrsToList f set);
  concatLines = concatMapStrings (line: line + "\n");
  join = concatStringsSep;
  intersperse =
    separator: xs:
    if xs == [ ] then
      [ ]
    else
      [ (head xs) ]
      ++ builtins.concatMap (x: [
        separator
        x
      ]) (tail xs);
  replicate = n: s: concatStrings (lib.lists.replicate n s);
  optionalString = condition: s: if condition then s else "";

  # Search paths; null entries are left out.
  makeSearchPath =
    subDir: paths:
    concatStringsSep ":" (map (path: path + "/" + subDir) (filter (path: path != null) paths));
  makeSearchPathOutput =
    output: subDir: pkgs:
    makeSearchPath subDir (map (lib.getOutput output) pkgs);
  makeLibraryPath = makeSearchPathOutput "lib" "lib";
  makeIncludePath = makeSearchPathOutput "dev" "include";
  makeBinPath = makeSearchPathOutput "bin" "bin";
  # Without the empty components between slashes; a leading and a final slash stay.
  normalizePath =
    s:
    let
      components = splitString "/" s;
      inner = filter (component: component != "") (lib.init (tail components));
    in
    if builtins.length components < 2 then
      s
    else
      concatStringsSep "/" ([ (head components) ] ++ inner ++ [ (lib.last components) ]);

  # Parts of strings
  hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
  hasSuffix =
    suffix: s:
    let
      rest = stringLength s - stringLength suffix;
    in
    rest >= 0 && substring rest (-1) s == suffix;
  hasInfix = infix: s: infix == "" || replaceStrings [ infix ] [ "" ] s != s;
  removePrefix =
    prefix: s: if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;
  removeSuffix =
    suffix: s:
    if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;
  splitString =
    separator: s:
    map (addContextFrom s) (
      filter isString (split (escapeRegex (toString separator)) (unsafeDiscardStringContext (toString s)))
    );
  trim = trimWith {
    start = true;
    end = true;
  };
  trimWith =
    {
      start ? false,
      end ? false,
    }:
    s:
    let
      whitespace = character: builtins.elem character [ " " "\t" "\r" "\n" ];
      characters = stringToCharacters s;
      count = stringLength s;
      firstOther = xs: lib.findFirstIndex (character: !(whitespace character)) count xs;
      from = if start then firstOther characters else 0;
      to = if end then count - firstOther (lib.reverseList characters) else count;
    in
    if to <= from then addContextFrom s "" else substring from (to - from) s;
  stringAsChars = f: s: concatStrings (map f (stringToCharacters s));
  charToInt = character: asciiCodes.${character};
  toSentenceCase =
    s: toUpper (substring 0 1 s) + toLower (substring 1 (-1) s);
  commonPrefixLength =
    a: b: lib.lists.commonPrefixLength (stringToCharacters a) (stringToCharacters b);
  commonSuffixLength =
    a: b:
    lib.lists.commonPrefixLength (lib.reverseList (stringToCharacters a)) (
      lib.reverseList (stringToCharacters b)
    );
  fixedWidthString =
    width: filler: s:
    let
      missing = width - stringLength s;
    in
    if missing < 0 then
      throw "fixedWidthString: requested string length (${toString width}) must not be shorter than actual length (${toString (stringLength s)})"
    else if missing == 0 then
      s
    else
      filler + fixedWidthString (width - stringLength filler) filler s;
  fixedWidthNumber = width: n: fixedWidthString width "0" (toString n);
  fileContents = file: removeSuffix "\n" (builtins.readFile file);
  readPathsFromFile =
    root: file:
    map (line: root + ("/" + line)) (
      filter (line: line != "" && !(hasPrefix "#" line)) (splitString "\n" (builtins.readFile file))
    );

  # Quoting
  escape = characters: replaceStrings characters (map (character: "\\" + character) characters);
  escapeC =
    characters:
    replaceStrings characters (
      map (
        character: "\\x${toLower (fixedWidthString 2 "0" (lib.toHexString (charToInt character)))}"
      ) characters
    );
  # A word of these characters means itself to every shell, and stays readable.
  escapeShellArg =
    value:
    let
      s = toString value;
    in
    if match "[[:alnum:],._+:@%/-]+" s == null then
      "'${replaceStrings [ "'" ] [ "'\\''" ] s}'"
    else
      s;
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  isValidPosixName = name: match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;
  toShellVar =
    name: value:
    if !(isValidPosixName name) then
      throw "toShellVar: ${name} is not a valid shell variable name"
    else if isAttrs value && !(isStringLike value) then
      "declare -A ${name}=(${
        concatStringsSep " " (
          lib.mapAttrsToList (key: element: "[${escapeShellArg key}]=${escapeShellArg element}") value
        )
      })"
    else if isList value then
      "declare -a ${name}=(${escapeShellArgs value})"
    else
      "${name}=${escapeShellArg value}";
  toShellVars = set: concatStringsSep "\n" (lib.mapAttrsToList toShellVar set);
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
  escapeNixString = s: escape [ "$" ] (builtins.toJSON s);
  escapeNixIdentifier =
    s:
    if match "[a-zA-Z_][a-zA-Z0-9_'-]*" s != null && !(builtins.elem s nixKeywords) then
      s
    else
      escapeNixString s;
  nixKeywords = [
    "assert"
    "else"
    "if"
    "in"
    "inherit"
    "let"
    "or"
    "rec"
    "then"
    "with"
  ];
  escapeXML =
    replaceStrings
      [ "&" "<" ">" "\"" "'" ]
      [ "&amp;" "&lt;" "&gt;" "&quot;" "&apos;" ];
  escapeURL =
    let
      plain = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
      reserved = lib.subtractLists plain asciiCharacters;
      percent = character: "%" + fixedWidthString 2 "0" (lib.toHexString (charToInt character));
    in
    replaceStrings reserved (map percent reserved);

  # Versions and names
  versionOlder = v1: v2: builtins.compareVersions v2 v1 == 1;
  versionAtLeast = v1: v2: !(versionOlder v1 v2);
  getName =
    pkg: if isString pkg then (builtins.parseDrvName pkg).name else pkg.pname or (builtins.parseDrvName pkg.name).name;
  getVersion =
    pkg: if isString pkg then (builtins.parseDrvName pkg).version else pkg.version or (builtins.parseDrvName pkg.name).version;
  nameFromURL =
    url: separator:
    let
      file = lib.last (splitString "/" url);
    in
    head (splitString separator file);
  enableFeature = flag: feature: "--${if flag then "enable" else "disable"}-${feature}";
  enableFeatureAs =
    flag: feature: value:
    enableFeature flag feature + optionalString flag "=${value}";
  withFeature = flag: feature: "--${if flag then "with" else "without"}-${feature}";
  withFeatureAs =
    flag: feature: value:
    withFeature flag feature + optionalString flag "=${value}";
  cmakeOptionType =
    type: feature: value:
    "-D${feature}:${toUpper type}=${value}";
  cmakeBool = feature: flag: cmakeOptionType "bool" feature (if flag then "TRUE" else "FALSE");
  cmakeFeature = cmakeOptionType "string";
  mesonOption = feature: value: "-D${feature}=${value}";
  mesonBool = feature: flag: mesonOption feature (lib.boolToString flag);
  mesonEnable = feature: flag: mesonOption feature (if flag then "enabled" else "disabled");

  # Conversions
  isStringLike =
    value: isString value || builtins.isPath value || value ? outPath || value ? __toString;
  isSimpleCoercible =
    value:
    builtins.elem (builtins.typeOf value) [
      "path"
      "string"
      "null"
      "int"
      "float"
      "bool"
    ]
    || value ? outPath
    || value ? __toString;
  isConvertibleWithToString =
    value: isSimpleCoercible value || (isList value && builtins.all isConvertibleWithToString value);
  isCoercibleToString = isConvertibleWithToString;
  isStorePath =
    value:
    isStringLike value
    && (
      let
        s = unsafeDiscardStringContext "${value}";
      in
      substring 0 1 s == "/" && builtins.dirOf s == builtins.storeDir
    );
  # Whitespace around the digits is allowed; leading zeros are not, since they might mean octal.
  toInt =
    s:
    let
      digits = match "[[:space:]]*(-?[[:digit:]]+)[[:space:]]*" s;
    in
    if digits == null then
      throw "toInt: Could not convert ${escapeNixString s} to int."
    else if match "-?0[[:digit:]]+" (head digits) != null then
      throw "toInt: Ambiguity in interpretation of ${escapeNixString s} between octal and zero padded integer."
    else
      builtins.fromJSON (head digits);
  toIntBase10 =
    s:
    let
      parts = match "[[:space:]]*(-?)0*([[:digit:]]+)[[:space:]]*" s;
    in
    if parts == null then
      throw "toIntBase10: Could not convert ${escapeNixString s} to int."
    else
      builtins.fromJSON (
        (if elemAt parts 1 == "0" then "" else head parts) + elemAt parts 1
      );
  floatToString =
    float:
    let
      s = toString float;
      exact = builtins.fromJSON s;
    in
    if exact == float then s else lib.warn "Imprecise conversion from float to string ${s}" s;
  addContextFrom = source: target: substring 0 0 source + target;
  sanitizeDerivationName =
    value:
    let
      # A store path's name allows only these, may not begin with a dot, and has at most 211 bytes.
      allowed = concatStrings (
        map (piece: if isString piece then piece else "-") (
          split "[^[:alnum:]+._?=-]+" (unsafeDiscardStringContext (toString value))
        )
      );
      undotted = head (match "\\.*(.*)" allowed);
      ended = substring (lib.max 0 (stringLength undotted - 207)) (-1) undotted;
    in
    if ended == "" then "unknown" else ended;
}
