# What functions of nix/host-packages/lib return, by case: nixpkgs' manual and documentation comments say the same of
# its own. `fails` means that the evaluation of `actual` throws.
{ lib }:
let
  drv = {
    type = "derivation";
    name = "hello-2.12";
    pname = "hello";
    version = "2.12";
    outPath = "/out";
    bin.outPath = "/bin-output";
    dev.outPath = "/dev-output";
    meta.mainProgram = "hi";
  };
  plain = {
    type = "derivation";
    name = "plain-1";
    outPath = "/plain";
  };
  fails = value: !(builtins.tryEval (builtins.deepSeq value value)).success;
in
with lib;
{
  # trivial
  "id and const" = [ [ (id 1) (const 1 2) ] [ 1 1 ] ];
  "flip" = [ (flip (a: b: a - b) 1 3) 2 ];
  "pipe" = [ (pipe 2 [ (x: x + 2) (x: x * 3) ]) 12 ];
  "boolToString" = [ (map boolToString [ true false ]) [ "true" "false" ] ];
  "min, max and mod" = [ [ (min 1 2) (max 1 2) (mod 11 10) (mod (-11) 10) ] [ 1 2 1 (-1) ] ];
  "compare" = [ [ (compare 1 2) (compare 2 1) (compare "a" "a") ] [ (-1) 1 0 ] ];
  "toHexString" = [ (map toHexString [ 0 250 4096 ]) [ "0" "FA" "1000" ] ];
  "toBaseDigits" = [ (toBaseDigits 16 250) [ 15 10 ] ];
  "isFunction of a functor" = [ (map isFunction [ (x: x) { __functor = _: x: x; } { } ]) [ true true false ] ];
  "functionArgs after setFunctionArgs" = [ (functionArgs (setFunctionArgs (x: x) { a = true; })) { a = true; } ];
  "mapNullable" = [ [ (mapNullable (x: x + 1) null) (mapNullable (x: x + 1) 1) ] [ null 2 ] ];
  "throwIf" = [ [ (throwIf false "no" 1) (fails (throwIf true "no" 1)) ] [ 1 true ] ];
  "assertMsg" = [ [ (assertMsg true "no") (fails (assertMsg false "no")) ] [ true true ] ];

  # fixed points
  "fix" = [ (fix (self: { a = 1; b = self.a + 1; })).b 2 ];
  "extends" = [ (fix (extends (final: prev: { a = prev.a + 10; }) (self: { a = 1; b = self.a; }))) { a = 11; b = 11; } ];
  "composeManyExtensions" = [
    (fix (extends (composeManyExtensions [ (_: p: { a = p.a * 2; }) (_: p: { a = p.a + 1; }) ]) (_: { a = 5; }))).a
    11
  ];
  "makeExtensible" = [ ((makeExtensible (_: { a = 1; })).extend (_: p: { a = p.a + 1; })).a 2 ];

  # lists
  "optional and optionals" = [ [ (optional true 1) (optional false 1) (optionals true [ 2 ]) (optionals false [ 2 ]) ] [ [ 1 ] [ ] [ 2 ] [ ] ] ];
  "foldr and fold" = [ [ (foldr (x: y: x + y) "z" [ "a" "b" ]) (fold (x: y: x + y) "z" [ "a" "b" ]) ] [ "abz" "abz" ] ];
  "foldr is lazy" = [ (foldr (x: rest: x || rest) false [ true (throw "forced") ]) true ];
  "foldl and foldl'" = [ [ (foldl (x: y: x + y) "z" [ "a" "b" ]) (foldl' (x: y: x + y) "z" [ "a" "b" ]) ] [ "zab" "zab" ] ];
  "flatten" = [ (flatten [ 1 [ 2 [ 3 ] ] [ ] ]) [ 1 2 3 ] ];
  "flatten of one value" = [ (flatten 1) [ 1 ] ];
  "unique keeps the first" = [ (unique [ 3 2 3 4 2 ]) [ 3 2 4 ] ];
  "toList" = [ [ (toList 1) (toList [ 1 ]) ] [ [ 1 ] [ 1 ] ] ];
  "range" = [ [ (range 2 4) (range 3 2) ] [ [ 2 3 4 ] [ ] ] ];
  "last, init, take, drop" = [ [ (last [ 1 2 ]) (init [ 1 2 ]) (take 2 [ 1 2 3 ]) (take 5 [ 1 ]) (drop 2 [ 1 2 3 ]) (drop 5 [ 1 ]) ] [ 2 [ 1 ] [ 1 2 ] [ 1 ] [ 3 ] [ ] ] ];
  "last of nothing fails" = [ (fails (last [ ])) true ];
  "sublist" = [ [ (sublist 1 3 [ 1 2 3 4 5 ]) (sublist 4 3 [ 1 2 3 4 5 ]) ] [ [ 2 3 4 ] [ 5 ] ] ];
  "reverseList" = [ (reverseList [ 1 2 3 ]) [ 3 2 1 ] ];
  "imap0 and imap1" = [ [ (imap0 (i: v: "${v}${toString i}") [ "a" "b" ]) (imap1 (i: v: "${v}${toString i}") [ "a" ]) ] [ [ "a0" "b1" ] [ "a1" ] ] ];
  "zipLists stops at the shorter" = [ (zipLists [ 1 2 ] [ "a" ]) [ { fst = 1; snd = "a"; } ] ];
  "remove and count" = [ [ (remove 3 [ 1 3 4 3 ]) (count (x: x > 1) [ 1 2 3 ]) ] [ [ 1 4 ] 2 ] ];
  "findFirst and findSingle" = [ [ (findFirst (x: x > 1) 0 [ 1 2 3 ]) (findFirst (x: x > 9) 0 [ 1 ]) (findSingle (x: x == 3) "none" "many" [ 1 3 3 ]) (findSingle (x: x == 3) "none" "many" [ 1 3 ]) ] [ 2 0 "many" 3 ] ];
  "findFirst looks no further" = [ (findFirst (x: x) false [ true (throw "forced") ]) true ];
  "groupBy" = [ (groupBy (x: boolToString (x > 2)) [ 1 2 3 ]) { false = [ 1 2 ]; true = [ 3 ]; } ];
  "partition" = [ (partition (x: x > 2) [ 5 1 2 3 ]) { right = [ 5 3 ]; wrong = [ 1 2 ]; } ];
  "intersectLists and subtractLists" = [ [ (intersectLists [ 1 2 3 ] [ 6 3 2 ]) (subtractLists [ 3 2 ] [ 1 2 3 4 ]) ] [ [ 3 2 ] [ 1 4 ] ] ];
  "mutuallyExclusive" = [ [ (mutuallyExclusive [ 1 ] [ 2 ]) (mutuallyExclusive [ 1 2 ] [ 2 ]) ] [ true false ] ];
  "sortOn and naturalSort" = [ [ (sortOn builtins.stringLength [ "ccc" "a" ]) (naturalSort [ "disk11" "disk8" "disk100" ]) ] [ [ "a" "ccc" ] [ "disk8" "disk11" "disk100" ] ] ];
  "toposort" = [ (toposort (a: b: a < b) [ 3 2 1 ]) { result = [ 1 2 3 ]; } ];
  "toposort of paths" = [ (toposort hasPrefix [ "/home/user" "other" "/" "/home" ]) { result = [ "/" "/home" "/home/user" "other" ]; } ];
  "toposort of a cycle" = [ (toposort (a: b: a != b) [ 1 2 ]) { cycle = [ 1 2 ]; loops = [ 1 ]; } ];
  "any, all, elem" = [ [ (any (x: x > 1) [ 1 2 ]) (all (x: x > 1) [ 1 2 ]) (elem 1 [ 1 ]) ] [ true false true ] ];
  "crossLists" = [ (crossLists (x: y: "${toString x}${toString y}") [ [ 1 2 ] [ 3 4 ] ]) [ "13" "14" "23" "24" ] ];
  "replicate is the lists'" = [ [ (replicate 2 "a") (strings.replicate 2 "a") ] [ [ "a" "a" ] "aa" ] ];

  # attribute sets
  "attrByPath" = [ [ (attrByPath [ "a" "b" ] 6 { a.b = 3; }) (attrByPath [ "z" "b" ] 6 { a.b = 3; }) ] [ 3 6 ] ];
  "hasAttrByPath" = [ (map (path: hasAttrByPath path { a.b = 3; }) [ [ "a" "b" ] [ "a" "c" ] [ "a" "b" "c" ] ]) [ true false false ] ];
  "getAttrFromPath" = [ [ (getAttrFromPath [ "a" "b" ] { a.b = 3; }) (fails (getAttrFromPath [ "z" ] { })) ] [ 3 true ] ];
  "setAttrByPath" = [ (setAttrByPath [ "a" "b" ] 3) { a.b = 3; } ];
  "filterAttrs" = [ (filterAttrs (n: v: n == "foo") { foo = 1; bar = 2; }) { foo = 1; } ];
  "mapAttrsToList" = [ (mapAttrsToList (n: v: n + v) { x = "a"; y = "b"; }) [ "xa" "yb" ] ];
  "mapAttrs'" = [ (mapAttrs' (n: v: nameValuePair "foo_${n}" "bar-${v}") { x = "a"; }) { foo_x = "bar-a"; } ];
  "concatMapAttrs" = [ (concatMapAttrs (n: v: { ${n} = v; ${n + v} = v; }) { x = "a"; }) { x = "a"; xa = "a"; } ];
  "mapAttrsRecursive" = [ (mapAttrsRecursive (path: v: concatStringsSep "-" (path ++ [ v ])) { n.a = "A"; c = "C"; }) { n.a = "n-a-A"; c = "c-C"; } ];
  "genAttrs" = [ (genAttrs [ "foo" ] (n: "x_${n}")) { foo = "x_foo"; } ];
  "attrsToList" = [ (attrsToList { a = 1; }) [ { name = "a"; value = 1; } ] ];
  "optionalAttrs" = [ [ (optionalAttrs true { a = 1; }) (optionalAttrs false { a = 1; }) ] [ { a = 1; } { } ] ];
  "zipAttrs and zipAttrsWith" = [ [ (zipAttrs [ { a = 1; } { a = 2; } ]) (zipAttrsWith (n: v: v) [ { a = 1; } { b = 2; } ]) ] [ { a = [ 1 2 ]; } { a = [ 1 ]; b = [ 2 ]; } ] ];
  "foldAttrs" = [ (foldAttrs (x: acc: [ x ] ++ acc) [ ] [ { a = 2; } { a = 3; b = 1; } ]) { a = [ 2 3 ]; b = [ 1 ]; } ];
  "collect" = [ (collect isList { a.b = [ 1 ]; c = [ 2 ]; d = 3; }) [ [ 1 ] [ 2 ] ] ];
  "recursiveUpdate" = [ (recursiveUpdate { boot = { enable = true; device = "a"; }; x = 1; } { boot.device = ""; }) { boot = { enable = true; device = ""; }; x = 1; } ];
  "recursiveUpdate replaces what is no set" = [ (recursiveUpdate { a = 1; b.c = 1; } { a.b = 2; b = 3; }) { a.b = 2; b = 3; } ];
  "recursiveUpdateUntil" = [ (recursiveUpdateUntil (path: l: r: path == [ "foo" ]) { foo.bar = 1; foo.quux = 2; } { foo.bar = 3; baz = 4; }) { foo.bar = 3; baz = 4; } ];
  "matchAttrs" = [ [ (matchAttrs { cpu = { }; } { cpu.bits = 64; }) (matchAttrs { cpu.bits = 32; } { cpu.bits = 64; }) ] [ true false ] ];
  "overrideExisting" = [ (overrideExisting { a = 1; } { a = 2; b = 3; }) { a = 2; } ];
  "cartesianProduct" = [ (cartesianProduct { a = [ 1 2 ]; b = [ 10 ]; }) [ { a = 1; b = 10; } { a = 2; b = 10; } ] ];
  "getBin, getDev, getLib" = [ [ "${getBin drv}" "${getDev drv}" "${getLib drv}" "${getBin plain}" ] [ "/bin-output" "/dev-output" "/out" "/plain" ] ];
  "isDerivation" = [ (map isDerivation [ drv { } 1 ]) [ true false false ] ];
  "updates of a name do not force others" = [ (recursiveUpdate { a = 1; b = throw "forced"; } { a = 2; }).a 2 ];

  # strings
  "concatMapStrings" = [ (concatMapStrings (x: "<${x}>") [ "a" "b" ]) "<a><b>" ];
  "concatMapStringsSep" = [ (concatMapStringsSep "-" toUpper [ "foo" "bar" ]) "FOO-BAR" ];
  "concatImapStrings" = [ [ (concatImapStrings (i: x: "${toString i}${x}") [ "a" "b" ]) (concatImapStringsSep "-" (i: x: toString (x / i)) [ 6 6 ]) ] [ "1a2b" "6-3" ] ];
  "concatStrings and concatStringsSep" = [ [ (concatStrings [ "a" "b" ]) (concatStringsSep "/" [ "a" "b" ]) (concatLines [ "a" "b" ]) ] [ "ab" "a/b" "a\nb\n" ] ];
  "intersperse" = [ (intersperse "/" [ "usr" "local" "bin" ]) [ "usr" "/" "local" "/" "bin" ] ];
  "optionalString" = [ [ (optionalString true "a") (optionalString false "a") ] [ "a" "" ] ];
  "makeBinPath" = [ (makeBinPath [ drv plain "/root" null ]) "/bin-output/bin:/plain/bin:/root/bin" ];
  "makeSearchPath and makeLibraryPath" = [ [ (makeSearchPath "bin" [ "/root" "/usr" ]) (makeLibraryPath [ drv "/usr" ]) ] [ "/root/bin:/usr/bin" "/out/lib:/usr/lib" ] ];
  "hasPrefix, hasSuffix, hasInfix" = [ [ (hasPrefix "foo" "foobar") (hasPrefix "foo" "fo") (hasSuffix "bar" "foobar") (hasSuffix "foobar" "bar") (hasInfix "ob" "foobar") (hasInfix "." "foobar") ] [ true false true false true false ] ];
  "removePrefix and removeSuffix" = [ [ (removePrefix "foo." "foo.bar") (removePrefix "x" "foo") (removeSuffix ".c" "a.c") (removeSuffix "x" "a.c") ] [ "bar" "foo" "a" "a.c" ] ];
  "splitString" = [ [ (splitString "." "foo.bar..baz") (splitString "/" "/usr/local") (splitString "." "") ] [ [ "foo" "bar" "" "baz" ] [ "" "usr" "local" ] [ "" ] ] ];
  "stringToCharacters" = [ [ (stringToCharacters "ab") (stringToCharacters "") ] [ [ "a" "b" ] [ ] ] ];
  "stringAsChars" = [ (stringAsChars (x: if x == "a" then "i" else x) "nax") "nix" ];
  "toLower and toUpper" = [ [ (toLower "HOME") (toUpper "home") (toSentenceCase "hELLO") ] [ "home" "HOME" "Hello" ] ];
  "fixedWidthString" = [ [ (fixedWidthString 5 "0" "15") (fixedWidthNumber 3 7) (fails (fixedWidthString 1 "0" "15")) ] [ "00015" "007" true ] ];
  "escape" = [ (escape [ "(" ")" ] "(foo)") "\\(foo\\)" ];
  "escapeShellArg" = [ (map escapeShellArg [ "esc'ape\nme" "no-need/1" 5 "" "a b" "$x" ]) [ "'esc'\\''ape\nme'" "no-need/1" "5" "''" "'a b'" "'$x'" ] ];
  "escapeShellArgs" = [ (escapeShellArgs [ "one" "two three" "four'five" ]) "one 'two three' 'four'\\''five'" ];
  "toShellVar" = [ [ (toShellVar "a" "b c") (toShellVar "l" [ "x" "y z" ]) (toShellVar "m" { k = "v w"; }) (fails (toShellVar "a-b" "")) ] [ "a='b c'" "declare -a l=(x 'y z')" "declare -A m=([k]='v w')" true ] ];
  "escapeNixString" = [ [ (escapeNixString "hello\${}\n") (escapeNixIdentifier "a-b") (escapeNixIdentifier "0a") (escapeNixIdentifier "in") ] [ ''"hello\''${}\n"'' "a-b" ''"0a"'' ''"in"'' ] ];
  "escapeRegex" = [ (escapeRegex "[^a-z]*.") "\\[\\^a-z]\\*\\." ];
  "escapeXML" = [ (escapeXML ''"test" 'test' < & >'') "&quot;test&quot; &apos;test&apos; &lt; &amp; &gt;" ];
  "escapeURL" = [ (escapeURL "foo bar/100%~") "foo%20bar%2F100%25~" ];
  "escapeC" = [ (escapeC [ " " ] "foo bar") "foo\\x20bar" ];
  "charToInt" = [ (map charToInt [ "A" "a" "\n" ]) [ 65 97 10 ] ];
  "trim" = [ (trim "  hello, \tworld! \n") "hello, \tworld!" ];
  "trim of blanks" = [ (trim " \n ") "" ];
  "trimWith" = [ (trimWith { start = true; } "  a ") "a " ];
  "versionOlder and versionAtLeast" = [ [ (versionOlder "1.1" "1.2") (versionOlder "1.1" "1.1") (versionAtLeast "1.1" "1.0") ] [ true false true ] ];
  "getName and getVersion" = [ [ (getName "youtube-dl-2016.01.01") (getVersion "youtube-dl-2016.01.01") (getName drv) (getVersion drv) ] [ "youtube-dl" "2016.01.01" "hello" "2.12" ] ];
  "toInt" = [ [ (toInt "1337") (toInt " -4 ") (toIntBase10 "0007") (toIntBase10 "-000") (fails (toInt "0123")) (fails (toInt "1.5")) ] [ 1337 (-4) 7 0 true true ] ];
  "isStorePath" = [ [ (isStorePath "${builtins.storeDir}/d945ibfx9x185xf04b890y4f9g3cbb63-python") (isStorePath "${builtins.storeDir}/x/bin") (isStorePath [ ]) ] [ true false false ] ];
  "sanitizeDerivationName" = [ (map sanitizeDerivationName [ "../hello.bar # foo" "" "a/b" "0" ]) [ "-hello.bar-foo" "unknown" "a-b" "0" ] ];
  "normalizePath" = [ (map normalizePath [ "/a//b///c/" "a" "//" ]) [ "/a/b/c/" "a" "/" ] ];
  "enableFeature and mesonBool" = [ [ (enableFeature true "x") (withFeatureAs true "y" "z") (mesonBool "a" false) (cmakeBool "B" true) ] [ "--enable-x" "--with-y=z" "-Da=false" "-DB:BOOL=TRUE" ] ];
  "isConvertibleWithToString" = [ (map isConvertibleWithToString [ 1 "a" [ 1 ] drv { } ]) [ true true true true false ] ];
  "splitString keeps the context" = [ (builtins.hasContext (head (splitString " " "${builtins.toFile "x" ""} b"))) true ];

  # versions
  "versions" = [ [ (versions.major "5.4.3") (versions.minor "5.4.3") (versions.patch "5.4.3") (versions.majorMinor "5.4.3") (versions.pad 3 "1.2") (versions.pad 3 "1.3-rc1") (versions.pad 2 "1.2.3") ] [ "5" "4" "3" "5.4" "1.2.0" "1.3.0-rc1" "1.2" ] ];

  # generators
  "toINI" = [ (generators.toINI { } { foo = { hi = "a"; ciao = true; }; "a[b]".k = null; }) "[a\\[b\\]]\nk=null\n\n[foo]\nciao=true\nhi=a\n" ];
  "toINI with lists" = [ (generators.toINI { listsAsDuplicateKeys = true; } { s.k = [ 1 2 ]; }) "[s]\nk=1\nk=2\n" ];
  "toINIWithGlobalSection" = [ (generators.toINIWithGlobalSection { } { globalSection.g = 1; sections.s.k = 2; }) "g=1\n\n[s]\nk=2\n" ];
  "toKeyValue" = [ (generators.toKeyValue { mkKeyValue = generators.mkKeyValueDefault { } ":"; } { "a:b" = 1.5; }) "a\\:b:1.500000\n" ];
  "toJSON and toYAML" = [ [ (generators.toJSON { } { a = [ 1 ]; }) (generators.toYAML { } { a = 1; }) ] [ ''{"a":[1]}'' ''{"a":1}'' ] ];
  "toPretty on one line" = [ (generators.toPretty { multiline = false; } { a = [ 1 "x\${y}" null ]; b = true; c = { }; d = drv; f = { x, y ? 1 }: x; }) "{ a = [ 1 \"x\\\${y}\" null ]; b = true; c = { }; d = <derivation hello-2.12>; f = <function, args: {x, y?}>; }" ];
  "toPretty on several lines" = [ (generators.toPretty { } { a = [ 1 ]; }) "{\n  a = [\n    1\n  ];\n}" ];
  "toGitINI" = [ (generators.toGitINI { url."ssh://x".insteadOf = "y"; user.name = "a\"b"; }) "[url \"ssh://x\"]\n\tinsteadOf = y\n\n[user]\n\tname = a\\\"b\n" ];
  "toPlist" = [ (generators.toPlist { } { A = [ "x&y" 1 true ]; }) "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n\t<key>A</key>\n\t<array>\n\t\t<string>x&amp;y</string>\n\t\t<integer>1</integer>\n\t\t<true/>\n\t</array>\n</dict>\n</plist>" ];
  "toGNUCommandLine" = [ (cli.toGNUCommandLine { } { data = 1; X = "PUT"; retry = null; silent = false; verbose = true; url = [ "a" "b" ]; }) [ "-X" "PUT" "--data" "1" "--url" "a" "--url" "b" "--verbose" ] ];

  # customisation
  "makeOverridable" = [ ((makeOverridable ({ a, b }: { result = a + b; }) { a = 1; b = 2; }).override { a = 10; }).result 12 ];
  "override by a function" = [ ((makeOverridable ({ a }: { result = a; }) { a = 1; }).override (old: { a = old.a + 1; })).result 2 ];
  "callPackageWith" = [ [ (callPackageWith { a = 1; c = 9; } ({ a, b ? 5 }: { r = a + b; }) { }).r (callPackageWith { a = 1; b = 2; } ({ a, b ? 5 }: { r = a + b; }) { a = 3; }).r (fails (callPackageWith { } ({ a }: a) { })) ] [ 6 5 true ] ];
  "makeScope" = [ (makeScope (extra: callPackageWith extra) (self: { a = 1; b = self.callPackage ({ a }: { r = a + 1; }) { }; })).b.r 2 ];

  # meta and platforms
  "getExe" = [ [ (getExe drv) (getExe' drv "other") (fails (getExe' drv "a/b")) ] [ "/bin-output/bin/hi" "/bin-output/bin/other" true ] ];
  "platforms" = [ (map (list: elem "x86_64-linux" list) (with platforms; [ linux unix all darwin ])) [ true true true false ] ];
  "licenses" = [ [ licenses.mit.spdxId licenses.gpl3Plus.spdxId licenses.unfree.free ] [ "MIT" "GPL-3.0-or-later" false ] ];
  "meta.priority" = [ (lowPrio drv).meta.priority 10 ];
}
