# fetchurl: a fixed-output derivation that Nix itself downloads (builtin:fetchurl), so that it needs no curl of the host.
{ lib }:
{
  url ? builtins.head urls,
  urls ? [ url ],
  name ? baseNameOf url,
  hash ? "",
  sha256 ? "",
  sha512 ? "",
  sha1 ? "",
  md5 ? "",
  outputHash ? "",
  outputHashAlgo ? "",
  executable ? false,
  meta ? { },
  passthru ? { },
  ...
}:
let
  # At most one is set; the builtin wants the algorithm beside the hash, unless the hash is one that names it (SRI).
  given = builtins.filter (candidate: candidate.outputHash != "") [
    {
      outputHash = hash;
      outputHashAlgo = "";
    }
    {
      outputHash = sha256;
      outputHashAlgo = "sha256";
    }
    {
      outputHash = sha512;
      outputHashAlgo = "sha512";
    }
    {
      outputHash = sha1;
      outputHashAlgo = "sha1";
    }
    {
      outputHash = md5;
      outputHashAlgo = "md5";
    }
    { inherit outputHash outputHashAlgo; }
  ];
  isSri = text: builtins.match "(sha256|sha512|sha1|md5)-.*" text != null;
  chosen = builtins.head given;
  download =
    if given == [ ] then
      throw "fetchurl: ${url}: no hash is given"
    else
      derivation {
        inherit executable name url;
        builder = "builtin:fetchurl";
        system = "builtin";
        inherit (chosen) outputHash;
        outputHashAlgo = if isSri chosen.outputHash then "" else chosen.outputHashAlgo;
        outputHashMode = if executable then "recursive" else "flat";
        unpack = false;
        preferLocalBuild = true;
        # A user's proxy is part of how, not of what.
        impureEnvVars = [
          "http_proxy"
          "https_proxy"
          "ftp_proxy"
          "all_proxy"
          "no_proxy"
        ];
        urls = [ url ];
      };
in
download // passthru // { inherit meta passthru urls; }
