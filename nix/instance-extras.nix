# What is told of an instance besides its process: name -> instance -> what src/model/model-document.ts calls so. What an
# instance does not have is left out, since most instances have next to nothing.
{ model # as load-model.nix gives it
, readExtras ? true # read the instance's attributes besides pkg
}:

let
  inherit (builtins) intersectAttrs isAttrs isInt mapAttrs unsafeGetAttrPos;

  harmless = import ./harmless.nix;

  wanted = if readExtras then { port = null; readiness = null; critical = null; startTimeout = null; stopTimeout = null; } else { };
in
name: instance:
let
  given = if isAttrs instance then mapAttrs (_: harmless) (intersectAttrs wanted instance) else { };
in
given
// (if given ? port && !(isInt given.port) then { port = null; } else { })
# Whatever else a model means by it: only this is ours.
// (if given ? critical then { critical = given.critical != false; } else { })
// { position = unsafeGetAttrPos name model.all; }
