# A file of the framework that has no stand-in yet: whoever calls it is told so.
{ path # from the framework's root
, purpose # what it does, as a plural
}:
{ ... }:
throw "nix-processmgmt-ts cannot make ${purpose} yet: ${path} will come with a later version"
