# Calling package functions, and changing what they were called with afterwards.
{ lib }:
rec {
  # The same derivation with other attributes; `f` gets the old derivation.
  overrideDerivation =
    drv: f:
    extendDerivation true (drv.passthru or { } // lib.optionalAttrs (drv ? meta) { inherit (drv) meta; }) (
      derivation (drv.drvAttrs // f drv)
    );

  extendDerivation =
    condition: extra: drv:
    let
      outputs = drv.outputs or [ "out" ];
      extend = output: output // extra // {
        outputSpecified = true;
        drvPath = assert condition; output.drvPath;
        outPath = assert condition; output.outPath;
      };
    in
    drv
    // extra
    // lib.genAttrs outputs (name: extend drv.${name})
    // {
      drvPath = assert condition; drv.drvPath;
      outPath = assert condition; drv.outPath;
    };

  # Adds `override` (and `overrideDerivation`) to what f returns; overriding calls f again.
  makeOverridable =
    f: args:
    let
      result = f args;
      override =
        changes: makeOverridable f (args // (if lib.isFunction changes then changes args else changes));
      mapResult = g: makeOverridable (lib.mirrorFunctionArgs f (changed: g (f changed))) args;
    in
    if builtins.isAttrs result then
      result
      // {
        inherit override;
        overrideDerivation = g: mapResult (drv: overrideDerivation drv g);
      }
      // lib.optionalAttrs (result ? overrideAttrs) {
        overrideAttrs = g: mapResult (drv: drv.overrideAttrs g);
      }
    else if lib.isFunction result then
      lib.setFunctionArgs result (lib.functionArgs result) // { inherit override; }
    else
      result;

  # Calls a package function (or the function in a file) with the arguments that `available` has of those it
  # declares, and with `given`.
  callPackageWith = callPackageUnder {
    isOffered = _: true;
    refuse = names: throw "callPackage: there is no package ${lib.concatStringsSep ", " names}";
  };

  # As callPackageWith. An argument with a default is filled from `available` only if `isOffered` says so of its name;
  # the names of those that nothing supplies are given to `refuse`, which throws.
  callPackageUnder =
    { isOffered, refuse }:
    available: fn: given:
    let
      f = if lib.isFunction fn then fn else import fn;
      declared = lib.functionArgs f;
      taken = lib.filterAttrs (name: hasDefault: !hasDefault || isOffered name) declared;
      arguments = builtins.intersectAttrs taken available // given;
      missing = builtins.filter (name: !declared.${name} && !(arguments ? ${name})) (
        builtins.attrNames declared
      );
    in
    if missing == [ ] then makeOverridable f arguments else refuse missing;

  # For a function that returns a set of packages, each of which can be overridden.
  callPackagesWith =
    available: fn: given:
    let
      f = if lib.isFunction fn then fn else import fn;
      arguments = builtins.intersectAttrs (lib.functionArgs f) available // given;
      pick = name: makeOverridable (changed: (f changed).${name}) arguments;
      packages = f arguments;
    in
    if lib.isDerivation packages then
      throw "callPackages: the function returned a derivation; use callPackage"
    else
      builtins.mapAttrs (name: _: pick name) packages;

  # A set of packages that see each other: `f` gets the finished set.
  makeScope =
    newScope: f:
    let
      self = f self // {
        newScope = extra: newScope (self // extra);
        callPackage = self.newScope { };
        overrideScope = overlay: makeScope newScope (lib.extends overlay f);
        packages = f;
      };
    in
    self;

  hydraJob = drv: drv;
}
