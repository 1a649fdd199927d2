# A table over the names of all store paths, though nobody knows them: a lazy tree with a branch per character. The
# value of a name is computed once, however often it is looked up, which Nix has no other way to remember.
compute:

let
  inherit (builtins) foldl' genList listToAttrs stringLength substring;

  characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=";
  charactersOf = text: genList (index: substring index 1 text) (stringLength text);

  node = name: {
    value = compute name;
    longer = listToAttrs (map (character: { name = character; value = node (name + character); }) (charactersOf characters));
  };

  root = node "";
in
name: (foldl' (shorter: character: shorter.longer.${character}) root (charactersOf name)).value
