# What is told of an instance besides its process: name -> instance -> what src/model/model-document.ts calls so. What an
# instance does not have is left out, since most instances have next to nothing.
{ model # as load-model.nix gives it
, readExtras ? true # read the instance's attributes besides pkg
}:

let
  inherit (builtins) intersectAttrs isAttrs isInt mapAttrs unsafeGetAttrPos;

  harmless = import ./harmless.nix;
  harmlessAttribute = _: harmless;

  wanted = if readExtras then { port = null; readiness = null; critical = null; startTimeout = null; stopTimeout = null; } else { };
in
name: instance:
let
  given = if isAttrs instance then mapAttrs harmlessAttribute (intersectAttrs wanted instance) else { };
  position = unsafeGetAttrPos name model.all;
in
# Most have a port alone, or nothing.
if given ? critical || given ? port && !isInt given.port then
  given
  // (if isInt (given.port or 0) then { } else { port = null; })
  # Whatever else a model means by it: only this is ours.
  // (if given ? critical then { critical = given.critical != false; } else { })
  // { inherit position; }
else
  given // { inherit position; }
