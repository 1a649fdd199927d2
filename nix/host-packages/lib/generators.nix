# Configuration file formats from Nix values.
{ lib }:
let
  inherit (builtins)
    attrNames
    isAttrs
    isBool
    isInt
    isList
    isPath
    isString
    typeOf
    ;

  unsupported =
    format: value:
    throw "generators.${format}: ${typeOf value} not supported: ${toPretty { multiline = false; } value}";

  toPretty =
    {
      allowPrettyValues ? false,
      multiline ? true,
      indent ? "",
    }:
    let
      # Multi-line strings are written between two single quotes, where `''` and `${` need escapes.
      longString =
        outer: s:
        let
          inner = outer + "  ";
          escaped = builtins.replaceStrings [ "''" "\${" ] [ "'''" "''\${" ] s;
        in
        "''\n${inner}${builtins.replaceStrings [ "\n" ] [ "\n${inner}" ] escaped}''";
      argument = name: hasDefault: if hasDefault then "${name}?" else name;
      show =
        outer: value:
        let
          open = if multiline then "\n${outer}  " else " ";
          close = if multiline then "\n${outer}" else " ";
          inner = show "${outer}  ";
          arguments = lib.functionArgs value;
        in
        if isString value then
          if multiline && lib.hasInfix "\n" value then longString outer value else lib.escapeNixString value
        else if isBool value then
          lib.boolToString value
        else if value == null then
          "null"
        else if isInt value then
          toString value
        else if builtins.isFloat value then
          "~${toString value}"
        else if isPath value then
          toString value
        else if isList value then
          if value == [ ] then "[ ]" else "[${open}${lib.concatMapStringsSep open inner value}${close}]"
        else if lib.isFunction value then
          if arguments == { } then
            "<function>"
          else
            "<function, args: {${lib.concatStringsSep ", " (lib.mapAttrsToList argument arguments)}}>"
        else if allowPrettyValues && value ? __pretty && value ? val then
          value.__pretty value.val
        else if value == { } then
          "{ }"
        else if lib.isDerivation value then
          "<derivation ${value.name or "???"}>"
        else
          "{${open}${
            lib.concatMapStringsSep open (
              name: "${lib.escapeNixIdentifier name} = ${inner value.${name}};"
            ) (attrNames value)
          }${close}}";
    in
    show indent;
in
rec {
  inherit toPretty;

  mkValueStringDefault =
    _: value:
    if isInt value then
      toString value
    else if isString value || lib.isDerivation value then
      toString value
    else if value == true then
      "true"
    else if value == false then
      "false"
    else if value == null then
      "null"
    else if builtins.isFloat value then
      lib.floatToString value
    else
      unsupported "mkValueStringDefault" value;

  mkKeyValueDefault =
    {
      mkValueString ? mkValueStringDefault { },
    }:
    separator: key: value:
    "${lib.escape [ separator ] key}${separator}${mkValueString value}";

  toKeyValue =
    {
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    let
      line = key: value: indent + mkKeyValue key value + "\n";
      lines =
        key: value:
        if listsAsDuplicateKeys then lib.concatMapStrings (line key) (lib.toList value) else line key value;
    in
    set: lib.concatStrings (lib.mapAttrsToList lines set);

  toINI =
    {
      mkSectionName ? lib.escape [
        "["
        "]"
      ],
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    let
      section =
        name: set: "[${mkSectionName name}]\n" + toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } set;
    in
    sections: lib.concatStringsSep "\n" (lib.mapAttrsToList section sections);

  toINIWithGlobalSection =
    options:
    {
      globalSection,
      sections ? { },
    }:
    let
      global = toKeyValue (removeAttrs options [ "mkSectionName" ]) globalSection;
    in
    (if globalSection == { } then "" else global + "\n") + toINI options sections;

  toGitINI =
    set:
    let
      isSubsections = value: isAttrs value && !(lib.isDerivation value);
      sectionName = parts:
        if builtins.length parts == 1 then
          builtins.head parts
        else
          ''${builtins.head parts} "${
            lib.escape [ "\\" "\"" ] (lib.concatStringsSep "." (builtins.tail parts))
          }"'';
      value =
        given:
        if isString given then
          builtins.replaceStrings [ "\\" "\"" "\n" "\t" ] [ "\\\\" "\\\"" "\\n" "\\t" ] given
        else
          mkValueStringDefault { } given;
      line = key: given: "\t${key} = ${value given}\n";
      sections =
        path: content:
        let
          own = lib.filterAttrs (_: given: !(isSubsections given)) content;
          nested = lib.filterAttrs (_: isSubsections) content;
          lines = lib.mapAttrsToList (key: given: lib.concatMapStrings (line key) (lib.toList given)) own;
        in
        lib.optional (own != { }) "[${sectionName path}]\n${lib.concatStrings lines}"
        ++ builtins.concatLists (lib.mapAttrsToList (name: sections (path ++ [ name ])) nested);
    in
    lib.concatStringsSep "\n" (
      builtins.concatLists (lib.mapAttrsToList (name: sections [ name ]) set)
    );

  toJSON = _: builtins.toJSON;
  # JSON is YAML.
  toYAML = toJSON;

  toPlist =
    _: value:
    let
      show =
        indent: given:
        let
          inner = indent + "\t";
          element =
            tag: body: "${indent}<${tag}>\n${body}${indent}</${tag}>\n";
        in
        if given == null then
          ""
        else if isBool given then
          "${indent}<${lib.boolToString given}/>\n"
        else if isInt given then
          "${indent}<integer>${toString given}</integer>\n"
        else if builtins.isFloat given then
          "${indent}<real>${toString given}</real>\n"
        else if isString given || isPath given || lib.isDerivation given then
          "${indent}<string>${lib.escapeXML (toString given)}</string>\n"
        else if isList given then
          element "array" (lib.concatMapStrings (show inner) given)
        else if isAttrs given then
          element "dict" (
            lib.concatStrings (
              lib.mapAttrsToList (
                key: child: if child == null then "" else "${inner}<key>${lib.escapeXML key}</key>\n${show inner child}"
              ) given
            )
          )
        else
          unsupported "toPlist" given;
    in
    ''
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
    ''
    + show "" value
    + "</plist>";

  # A value that toPretty shows through `f` when allowPrettyValues is set.
  withPretty = f: val: {
    __pretty = f;
    inherit val;
  };
}
