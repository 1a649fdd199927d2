# What packages say about themselves.
{ lib }:
rec {
  addMetaAttrs = added: drv: drv // { meta = drv.meta or { } // added; };
  dontDistribute = addMetaAttrs { hydraPlatforms = [ ]; };
  setPrio = priority: addMetaAttrs { inherit priority; };
  lowPrio = setPrio 10;
  hiPrio = setPrio (-10);
  setName = name: drv: drv // { inherit name; };
  appendToName =
    suffix: drv:
    let
      parsed = builtins.parseDrvName drv.name;
    in
    setName "${parsed.name}-${suffix}-${parsed.version}" drv;

  # A pattern is a system's name or a set of some of a platform's attributes.
  platformMatch =
    platform: pattern:
    if builtins.isString pattern then platform.system == pattern else lib.matchAttrs pattern platform;
  availableOn =
    platform: pkg:
    (!(pkg ? meta.platforms) || builtins.any (platformMatch platform) pkg.meta.platforms)
    && builtins.all (pattern: !(platformMatch platform pattern)) (pkg.meta.badPlatforms or [ ]);

  getExe = pkg: getExe' pkg (pkg.meta.mainProgram or (lib.getName pkg));
  getExe' =
    pkg: program:
    if lib.hasInfix "/" program then
      throw "lib.getExe': the second argument ${lib.escapeNixString program} is not the name of a program"
    else
      "${lib.getBin pkg}/bin/${program}";
}
