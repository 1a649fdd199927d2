# Parts of version strings.
{ lib }:
let
  inherit (builtins) elemAt;
in
rec {
  inherit (builtins) splitVersion;

  major = version: elemAt (splitVersion version) 0;
  minor = version: elemAt (splitVersion version) 1;
  patch = version: elemAt (splitVersion version) 2;
  majorMinor = version: lib.concatStringsSep "." (lib.take 2 (splitVersion version));

  # Exactly `count` numeric components; a suffix such as -rc1 stays.
  pad =
    count: version:
    let
      parts = builtins.match "([0-9.]*)(.*)" version;
      components = lib.splitString "." (elemAt parts 0);
      missing = count - builtins.length components;
    in
    lib.concatStringsSep "." (
      lib.take count components ++ lib.replicate (lib.max 0 missing) "0"
    )
    + elemAt parts 1;
}
