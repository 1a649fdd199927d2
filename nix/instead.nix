# What to use instead of files of the framework that there are none of here. In: a path, as text. Out: the sentence about it, or
# null for a path that is none of them.
path:

let
  inherit (builtins) elemAt filter head match;

  # Each: what the path ends in, as a regular expression, and what to use.
  replacements = [
    [ "nixproc/test-driver/.*" "nixproc/test-driver/universal.nix makes machines and deploys to them without it" ]
    [ "nixproc/backends/[^/]+/test-module/.*" "nixproc/test-driver/universal.nix runs the process managers itself" ]
    [ "nixproc/create-image-from-steps/.*" "a later version makes images of several processes; until then, -P docker runs each process in a container of its own" ]
    [ "nixproc/backends/[^/]+/image-steps(/.*)?" "a later version makes images of several processes; until then, -P docker runs each process in a container of its own" ]
    [ "nixproc/backends/disnix/services-adapter\\.nix" "nix-processmgmt-ts switch -P disnix --engine disnix hands the processes over to Disnix, and nixproc/backends/disnix/build-disnix-env.nix builds their profile" ]
    [ "nixproc/backends/[^/]+/generate-[^/]+\\.nix" "nixproc/create-managed-process/universal/create-managed-process-universal.nix makes the configuration of every process manager" ]
    [ "nixproc/backends/util(/.*)?" "nixproc/create-managed-process/universal/create-managed-process-universal.nix makes the configuration of every process manager" ]
    [ "nixproc/backends/s6-rc/util\\.nix" "import nixproc/backends/s6-rc, which has the create functions" ]
    [ "nixproc/backends/bsdrc/rcsubr\\.nix" "scripts for bsdrc read the machine's own /etc/rc.subr; create-bsdrc-script.nix takes another one as rcSubr" ]
    [ "nixproc/create-managed-process/agnostic/create-(agnostic-config|managed-process)\\.nix" "nixproc/create-managed-process/universal/create-managed-process-universal.nix with processManager = null makes NAME.json" ]
    [ "examples/.*" "the examples of nix-processmgmt are in its own repository: name a checkout of it; those of nix-processmgmt-ts are in its fixtures" ]
    [ "tests/.*|release\\.nix" "the framework's own tests are in its repository: name a checkout of it" ]
  ];

  found = filter (entry: match ".*/(${elemAt entry 0})" path != null) replacements;
in
if found == [ ] then null else "nix-processmgmt-ts has no ${path}: ${elemAt (head found) 1}"
