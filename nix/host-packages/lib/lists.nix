# Lists.
{ lib }:
let
  inherit (builtins)
    elemAt
    foldl'
    genList
    head
    isList
    length
    tail
    ;

  indicesOf = xs: genList (n: n) (length xs);

  # Compares element by element; of two lists that begin alike the shorter comes first.
  compareLists =
    compare: a: b:
    if a == [ ] then
      if b == [ ] then 0 else -1
    else if b == [ ] then
      1
    else
      let
        first = compare (head a) (head b);
      in
      if first == 0 then compareLists compare (tail a) (tail b) else first;
in
rec {
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    head
    isList
    length
    map
    partition
    sort
    tail
    ;
  inherit compareLists;

  singleton = x: [ x ];
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: xs: if condition then xs else [ ];
  toList = x: if isList x then x else [ x ];
  range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);
  replicate = n: x: genList (_: x) n;

  forEach = xs: f: map f xs;
  imap0 = f: xs: genList (n: f n (elemAt xs n)) (length xs);
  imap1 = f: xs: genList (n: f (n + 1) (elemAt xs n)) (length xs);
  ifilter0 =
    predicate: xs:
    map (elemAt xs) (builtins.filter (n: predicate n (elemAt xs n)) (indicesOf xs));

  foldr =
    f: end: xs:
    let
      count = length xs;
      from = n: if n == count then end else f (elemAt xs n) (from (n + 1));
    in
    from 0;
  fold = foldr;
  # Unlike foldl' it does not force the intermediate results.
  foldl =
    f: start: xs:
    let
      upTo = n: if n == 0 then start else f (upTo (n - 1)) (elemAt xs (n - 1));
    in
    upTo (length xs);

  flatten = x: if isList x then builtins.concatMap flatten x else [ x ];
  remove = x: builtins.filter (other: other != x);
  count = predicate: foldl' (n: x: if predicate x then n + 1 else n) 0;

  findFirstIndex =
    predicate: default: xs:
    let
      # No element after the first match is looked at.
      index = foldl' (
        found: n: if found == null && predicate (elemAt xs n) then n else found
      ) null (indicesOf xs);
    in
    if index == null then default else index;
  findFirst =
    predicate: default: xs:
    let
      index = findFirstIndex predicate null xs;
    in
    if index == null then default else elemAt xs index;
  findSingle =
    predicate: default: multiple: xs:
    let
      found = builtins.filter predicate xs;
    in
    if found == [ ] then
      default
    else if length found == 1 then
      head found
    else
      multiple;

  groupBy' =
    f: start: key: xs:
    builtins.mapAttrs (_: foldl' f start) (groupBy key xs);
  # builtins.groupBy is younger than Nix 2.3.
  groupBy =
    builtins.groupBy or (
      key: foldl' (groups: x: groups // { ${key x} = (groups.${key x} or [ ]) ++ [ x ]; }) { }
    );

  zipListsWith =
    f: xs: ys:
    genList (n: f (elemAt xs n) (elemAt ys n)) (lib.min (length xs) (length ys));
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });
  reverseList =
    xs:
    let
      count = length xs;
    in
    genList (n: elemAt xs (count - n - 1)) count;

  sublist =
    start: count: xs:
    let
      available = length xs - start;
    in
    genList (n: elemAt xs (start + n)) (lib.max 0 (lib.min count available));
  take = sublist 0;
  takeEnd = n: xs: drop (length xs - n) xs;
  drop = n: xs: sublist (lib.max 0 n) (length xs) xs;
  dropEnd = n: xs: take (length xs - n) xs;
  last =
    xs:
    if xs == [ ] then throw "lists.last: the list must not be empty" else elemAt xs (length xs - 1);
  init =
    xs:
    if xs == [ ] then throw "lists.init: the list must not be empty" else take (length xs - 1) xs;

  hasPrefix = prefix: xs: take (length prefix) xs == prefix;
  removePrefix =
    prefix: xs:
    if hasPrefix prefix xs then
      drop (length prefix) xs
    else
      throw "lists.removePrefix: the first list is not the beginning of the second";
  commonPrefix =
    xs: ys:
    let
      differs = zipListsWith (x: y: x != y) xs ys;
    in
    take (findFirstIndex (x: x) (length differs) differs) xs;
  commonPrefixLength = xs: ys: length (commonPrefix xs ys);

  unique = foldl' (seen: x: if builtins.elem x seen then seen else seen ++ [ x ]) [ ];
  uniqueStrings = xs: builtins.attrNames (groupBy (x: x) xs);
  allUnique = xs: length (unique xs) == length xs;
  intersectLists = xs: builtins.filter (y: builtins.elem y xs);
  subtractLists = xs: builtins.filter (y: !(builtins.elem y xs));
  mutuallyExclusive = xs: ys: intersectLists xs ys == [ ];
  crossLists = f: foldl' (fs: args: builtins.concatMap (g: map g args) fs) [ f ];

  sortOn = key: xs: map (pair: pair.x) (
    builtins.sort (a: b: a.key < b.key) (
      map (x: {
        key = key x;
        inherit x;
      }) xs
    )
  );
  # Numbers within names count as numbers: x2 comes before x10.
  naturalSort =
    names:
    let
      # Even elements are text, odd ones numbers, so that equal places hold equal types.
      pieces =
        name:
        map (piece: if isList piece then lib.toIntBase10 (head piece) else piece) (
          builtins.split "(0|[1-9][0-9]*)" name
        );
    in
    map (pair: pair.name) (
      builtins.sort (a: b: compareLists lib.compare a.key b.key < 0) (
        map (name: {
          inherit name;
          key = pieces name;
        }) names
      )
    );

  # Depth-first search through `xs`, where `before a b` means that b depends on a.
  listDfs =
    stopOnCycles: before: xs:
    let
      visit =
        current: visited: rest:
        let
          split = builtins.partition (x: before x current) rest;
          loops = builtins.filter (x: before x current) visited;
        in
        if stopOnCycles && loops != [ ] then
          {
            cycle = current;
            inherit loops visited rest;
          }
        else if split.right == [ ] then
          {
            minimal = current;
            inherit visited rest;
          }
        else
          visit (head split.right) ([ current ] ++ visited) (tail split.right ++ split.wrong);
    in
    visit (head xs) [ ] (tail xs);

  # `{ result = [ … ]; }` in dependency order, or `{ cycle = [ … ]; loops = [ … ]; }`.
  toposort =
    before: xs:
    let
      next = listDfs true before xs;
      rest = toposort before (next.visited ++ next.rest);
    in
    if length xs < 2 then
      { result = xs; }
    else if next ? cycle then
      {
        cycle = reverseList ([ next.cycle ] ++ next.visited);
        inherit (next) loops;
      }
    else if rest ? cycle then
      rest
    else
      { result = [ next.minimal ] ++ rest.result; };
}
