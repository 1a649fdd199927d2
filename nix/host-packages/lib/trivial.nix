# Functions that belong to no type in particular, and the builtins that nixpkgs' lib hands on.
{ lib }:
rec {
  inherit (builtins)
    add
    addErrorContext
    bitAnd
    bitOr
    bitXor
    deepSeq
    div
    fromJSON
    genericClosure
    isAttrs
    isBool
    isFloat
    isInt
    lessThan
    mul
    pathExists
    readFile
    seq
    sub
    toJSON
    tryEval
    typeOf
    ;

  id = x: x;
  const = x: _: x;
  flip =
    f: a: b:
    f b a;
  pipe = builtins.foldl' (value: f: f value);
  concat = a: b: a ++ b;
  or = a: b: a || b;
  and = a: b: a && b;
  xor = a: b: a != b;
  bitNot = builtins.sub (-1);
  boolToString = bool: if bool then "true" else "false";
  mergeAttrs = a: b: a // b;
  mapNullable = f: value: if value == null then null else f value;
  defaultTo = default: value: if value == null then default else value;

  min = a: b: if a < b then a else b;
  max = a: b: if a > b then a else b;
  compare =
    a: b:
    if a < b then
      -1
    else if a > b then
      1
    else
      0;

  # Integer division rounds towards zero, and so does this: the result has the sign of `base`.
  mod = base: divisor: base - divisor * (base / divisor);

  # Orders what `predicate` holds for before the rest, each side by a comparison of its own.
  splitByAndCompare =
    predicate: compareYes: compareNo: a: b:
    if predicate a then
      if predicate b then compareYes a b else -1
    else if predicate b then
      1
    else
      compareNo a b;

  importJSON = file: fromJSON (readFile file);
  importTOML = file: builtins.fromTOML (readFile file);

  # Functions may be attribute sets that carry `__functor`, with their arguments in `__functionArgs`.
  isFunction = f: builtins.isFunction f || (f ? __functor && isFunction (f.__functor f));
  functionArgs =
    f:
    if f ? __functor then
      f.__functionArgs or (functionArgs (f.__functor f))
    else
      builtins.functionArgs f;
  setFunctionArgs = f: args: {
    __functor = _: f;
    __functionArgs = args;
  };
  mirrorFunctionArgs = f: g: setFunctionArgs g (functionArgs f);
  toFunction = value: if isFunction value then value else _: value;

  warn = message: builtins.trace "warning: ${message}";
  info = message: builtins.trace "INFO: ${message}";
  warnIf = condition: message: if condition then warn message else id;
  warnIfNot = condition: warnIf (!condition);
  throwIf = condition: message: if condition then throw message else id;
  throwIfNot = condition: throwIf (!condition);
  showWarnings = warnings: value: builtins.foldl' (result: message: warn message result) value warnings;
  checkListOfEnum =
    message: valid: given: value:
    let
      unexpected = lib.subtractLists valid given;
    in
    if unexpected == [ ] then
      value
    else
      throw "${message}: ${lib.concatStringsSep ", " unexpected} unexpected; valid ones: ${lib.concatStringsSep ", " valid}";

  # Digits of a natural number, the most significant one first.
  toBaseDigits =
    base: number:
    let
      digits = rest: if rest < base then [ rest ] else digits (rest / base) ++ [ (mod rest base) ];
    in
    assert isInt base && base >= 2;
    assert isInt number && number >= 0;
    digits number;
  toHexString =
    number:
    let
      hex = "0123456789ABCDEF";
    in
    lib.concatMapStrings (digit: builtins.substring digit 1 hex) (toBaseDigits 16 number);

  # Hashes that nothing has, for finding out the right one.
  fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  fakeSha256 = lib.concatStrings (lib.replicate 64 "0");
  fakeSha512 = lib.concatStrings (lib.replicate 128 "0");

  inNixShell = builtins.getEnv "IN_NIX_SHELL" != "";
  inPureEvalMode = !(builtins ? currentSystem);
  version = "host";
  nixpkgsVersion = version;
}
