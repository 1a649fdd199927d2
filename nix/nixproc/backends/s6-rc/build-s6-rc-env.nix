# Builds the profile of a model: nix-build build-s6-rc-env.nix --argstr exprFile $PWD/processes.nix
#
# All arguments are written out, since nix-build only passes those on that it finds here.
{ exprFile
, defaultBundleName ? null # what the bundle of all services is called, if not "default"
, pkgs ? null
, system ? null
, stateDir ? null
, runtimeDir ? null
, logDir ? null
, tmpDir ? null
, cacheDir ? null
, spoolDir ? null
, lockDir ? null
, libDir ? null
, forceDisableUserChange ? null
, callingUser ? null
, callingGroup ? null
, extraParams ? { }
, hostPackages ? false
, provideFramework ? false
, node ? null
, ...
}@arguments:

import ../build-env.nix "s6-rc" (builtins.removeAttrs arguments [ "defaultBundleName" ] // {
  options = if defaultBundleName == null then { } else { inherit defaultBundleName; };
})
