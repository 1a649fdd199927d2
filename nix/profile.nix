# Builds a profile from a rendered document (src/profile/profile-document.ts): one derivation, whatever the number of
# processes. Only the document makes a difference, so that the same document gives the same store path wherever it was
# rendered.
{ documentDirectory }:

let
  # What it refers to is said in it.
  read = name: builtins.unsafeDiscardStringContext (builtins.readFile (documentDirectory + "/${name}"));
  document = builtins.fromJSON (read "profile.json");

  # A text that lost its context would lose its references, and with them the packages of running services at the next
  # garbage collection. Nix refuses references to what is not in the store, or was left there by an interrupted build.
  withReferences = references: text:
    builtins.appendContext text (builtins.listToAttrs (map (path: { name = path; value = { path = true; }; }) references));

  addText = { path, name, text, references }:
    let
      actual = builtins.toFile name (withReferences references text);
    in
    if actual == path then
      actual
    else
      throw "nix-processmgmt-ts computed ${path} for a text that Nix stores as ${actual}";

  # In order: a text can only refer to a path that is already in the store.
  texts = builtins.foldl' (added: text: builtins.seq added (addText text)) "" document.texts;
in
builtins.seq texts (derivation {
  inherit (document) name;
  system = builtins.currentSystem;
  builder = withReferences document.shellReferences document.shell;
  args = [ "-e" (builtins.toFile "build-${document.name}.sh" (withReferences document.references (read "build.sh"))) ];
  # Nobody else can have built it, and sending it to another machine costs more than building it.
  allowSubstitutes = false;
  preferLocalBuild = true;
})
