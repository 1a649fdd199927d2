# How arguments that name other services, or files, become plain data.
evaluation:

let
  inherit (builtins) isAttrs isList isString;
  inherit (evaluation) explain interpolate;
  typeInWords = import ../../../type-in-words.nix;

  # In: a process or the name of a service.
  serviceName = where: service:
    if service == null || isString service then
      service
    else if isAttrs service && service ? name then
      service.name
    else
      explain {
        what = "The ${where} is not a service";
        why = "It is ${typeInWords service}, neither what a create function returned nor the name of a service";
      };
in
{
  inherit serviceName;

  serviceNames = where: services:
    if isList services then map (serviceName where) services else serviceName where services;

  # Files may be given as paths, which are copied to the store, as packages or as texts.
  file = _: interpolate;
}
