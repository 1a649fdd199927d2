# Values that are defined in terms of themselves, and layers (overlays) over them.
{ lib }:
rec {
  fix =
    f:
    let
      result = f result;
    in
    result;

  # As fix, and keeps the function as `__unfix__`.
  fix' =
    f:
    let
      result = f result // {
        __unfix__ = f;
      };
    in
    result;

  converge =
    f: value:
    let
      next = f value;
    in
    if next == value then value else converge f next;

  extends =
    overlay: f: final:
    let
      previous = f final;
    in
    previous // overlay final previous;

  composeExtensions =
    first: second: final: previous:
    let
      added = first final previous;
    in
    added // second final (previous // added);

  composeManyExtensions = lib.foldr composeExtensions (_: _: { });

  makeExtensible = makeExtensibleWithCustomName "extend";
  makeExtensibleWithCustomName =
    extenderName: f:
    fix' (
      final:
      f final
      // {
        ${extenderName} = overlay: makeExtensibleWithCustomName extenderName (extends overlay f);
      }
    );

  # An overlay is written as `final: prev: { … }`, `prev: { … }` or `{ … }`.
  toExtension =
    overlay:
    if lib.isFunction overlay then
      final: previous:
      let
        result = overlay previous;
      in
      if lib.isFunction result then overlay final previous else result
    else
      _: _: overlay;
}
