# Showing values while they are evaluated.
{ lib }:
let
  inherit (builtins) trace;
  forced = value: builtins.deepSeq value value;
in
rec {
  inherit trace;

  traceIf = condition: message: value: if condition then trace message value else value;
  traceVal = traceValFn lib.id;
  traceValFn = f: value: trace (f value) value;
  traceSeq = shown: trace (forced shown);
  traceValSeq = traceValSeqFn lib.id;
  traceValSeqFn = f: value: traceSeq (f value) value;

  # `{ NAME = { expr; expected; }; }` to the list of those that differ.
  runTests =
    tests:
    builtins.concatMap (
      name:
      let
        test = tests.${name};
      in
      lib.optional (lib.hasPrefix "test" name && test.expr != test.expected) {
        inherit name;
        inherit (test) expected;
        result = test.expr;
      }
    ) (builtins.attrNames tests);
}
