# fetchFromGitHub: what Nix itself downloads and unpacks, so that it needs no programs of the host.
{
  owner,
  repo,
  rev ? null,
  tag ? null,
  name ? "source",
  hash ? "",
  sha256 ? "",
  ...
}:
let
  revision = if tag != null then tag else rev;
  expected = if hash != "" then hash else sha256;
in
{
  inherit name owner repo;
  rev = revision;
  outPath = builtins.fetchTarball (
    {
      inherit name;
      url = "https://github.com/${owner}/${repo}/archive/${revision}.tar.gz";
    }
    // (if expected == "" then { } else { sha256 = expected; })
  );
}
