# Gives a text that came from a file the context that it lost there: whoever uses it keeps the store paths that it mentions.
# A path that is not in the store is mere text.
text:

let
  inherit (builtins) appendContext concatLists filter head isList listToAttrs pathExists replaceStrings split storeDir
    stringLength substring;

  # What a regular expression would take for more than a character.
  quoted = replaceStrings [ "." "+" "?" ] [ "[.]" "[+]" "[?]" ] storeDir;
  candidates = map head (filter isList (split "(${quoted}/[0-9a-z]{32}-[A-Za-z0-9+._?=-]+)" text));

  # The shortest that could be a path: a hash, a dash and a character.
  least = stringLength storeDir + 1 + 32 + 2;

  # What follows a path may be one of the characters that names may have: "…-nginx.", "…-webapp=".
  existing = candidate:
    if stringLength candidate < least then [ ]
    else if pathExists candidate then [ candidate ]
    else existing (substring 0 (stringLength candidate - 1) candidate);
in
appendContext text (listToAttrs (map
  (path: { name = path; value = { path = true; }; })
  (concatLists (map existing candidates))))
