# The files of the framework that models and command lines reach and that we stand in for, by their path from the
# framework's root. Ours lie at the same paths below this directory.
let
  inherit (builtins) attrNames concatLists filter map match readDir;

  managers = import ./managers.nix;

  # The files of a manager's folder that stand for functions, by their paths as an import names them.
  createFunctions = manager:
    let folder = "nixproc/backends/${manager}"; in
    map (file: if file == "default.nix" then folder else "${folder}/${file}")
      (filter (file: file == "default.nix" || match "create-.*\\.nix" file != null)
        (attrNames (readDir (./. + "/${folder}"))));
in
{
  # Functions that belong to the evaluation of a model (framework-function.nix): besides these, what makes the processes of
  # one manager, all in its folder.
  functions = [
    "nixproc/create-managed-process/universal/create-managed-process-universal.nix"
    "nixproc/create-credentials"
    "nixproc/derive-dysnomia-process-type.nix"
    "nixproc/backends/sysvinit/init-functions.nix"
  ] ++ concatLists (map createFunctions managers);

  # Files that bring all they need.
  files = map (manager: "nixproc/backends/${manager}/build-${manager}-env.nix") managers ++ [
    "nixproc/create-image-from-steps/create-multi-process-image-universal.nix"
    "nixproc/create-image-from-steps/create-mutable-multi-process-image-universal.nix"
    "nixproc/create-image-from-steps/create-nix-image.nix"
    "tools"
  ];

  # Files that take a path of nixpkgs.
  packaged = [
    "nixproc/test-driver/agnostic.nix"
    "nixproc/test-driver/universal.nix"
  ];

  # Files that import what the user names.
  redirected = [
    "nixproc/create-managed-process/agnostic/create-managed-process-from-config.nix"
  ];
}
