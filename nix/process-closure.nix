# What processes depend on, directly or not, each once, as items { process; dependent }. Two that are made of the same are
# the same process.
# isKnown: process -> whether to leave it out, with what it depends on in turn
{ isKnown ? _: false }: processes:

let
  inherit (builtins) concatLists filter genericClosure map;

  needs = dependent: map
    (process: { key = process.text; inherit process; dependent = dependent.name; })
    (filter (process: !(isKnown process)) dependent.dependencies);
in
genericClosure {
  startSet = concatLists (map needs (filter (process: process.dependencies != [ ]) processes));
  operator = { process, ... }: needs process;
}
