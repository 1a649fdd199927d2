# The derivation of one variant of a suite. Its builder runs the test, or fails: nobody shall take for passed what was not
# run. `driver` is the runner by itself, and `variant` what `nix-processmgmt-ts test` reads.
{ pkgs
, variant # as test-variant.nix gives it
}:

let
  inherit (builtins) currentSystem getEnv storeDir toJSON;
  inherit (variant) description;
  inherit (import ./nixproc/backends/tool-paths.nix { inherit pkgs; }) shell;

  name = "${description.suite}.${description.profile}.${description.manager}";
  storeName = "test-${if builtins.match "[A-Za-z0-9+._?=-]+" name == null then "variant" else name}";
  node = import ./node.nix { inherit pkgs; };

  # What belongs to this program is used where it is: a test is about this machine.
  command = "${toString ./..}/bin/nix-processmgmt-ts";

  build = name: script: attributes: derivation ({
    inherit name;
    system = currentSystem;
    # Every sandbox has it.
    builder = "/bin/sh";
    args = [ "-ec" script ];
    allowSubstitutes = false;
    preferLocalBuild = true;
  } // attributes);

  profile = import ./render.nix {
    inherit (variant) model settings;
    inherit pkgs node;
    inherit (variant.model.evaluation) processManager;
    extras = import ./instance-extras.nix { inherit (variant) model; };
    result.kind = "profile";
  };

  file = build "${storeName}.json" ''while IFS= read -r line || [ -n "$line" ]; do printf '%s\n' "$line"; done <"$textPath" >"$out"; exit 0'' {
    text = toJSON [ (variant.machine // description // {
      attrPath = [ name ];
      profilePath = "${profile}";
    }) ];
    passAsFile = [ "text" ];
  };

  driver = pkgs.stdenv.mkDerivation {
    name = "${storeName}-driver";
    buildCommand = ''
      mkdir -p "$out/bin"
      printf '%s\n' '#!${shell}' 'exec ${node} ${command} test ${file} "$@"' >"$out/bin/nixos-test-driver"
      chmod 555 "$out/bin/nixos-test-driver"
      ln -s nixos-test-driver "$out/bin/run-test"
    '';
    allowSubstitutes = false;
    preferLocalBuild = true;
  };

  # Programs of the machine make the test's machine.
  searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin";

  test = build storeName ''
    refuse() {
      printf 'The test %s was not run: %s\n  fix: Run it with: nix-processmgmt-ts test FILE -A %s\n' "$variantName" "$1" "$variantName" >&2
      exit 1
    }
    [ "$notTried" = "" ] || refuse "$notTried"
    for program in "$node" "$command"; do
      [ -e "$program" ] || refuse "the sandbox of this build hides $program (nix-build --option sandbox false)"
    done
    unset NIX_STORE NIX_BUILD_TOP NIX_ENFORCE_PURITY NIX_LOG_FD NIX_BUILD_CORES
    # The machine's Nix has the store of whoever builds.
    for variable in storeDir:NIX_STORE_DIR stateDir:NIX_STATE_DIR logDir:NIX_LOG_DIR; do
      eval "value=\$''${variable%%:*}"
      [ "$value" = "" ] || export "''${variable#*:}=$value"
    done
    # Whoever reads a build log wants no line twice.
    if ! TERM=dumb "$node" "$command" test --strict "$variant"; then
      printf 'The test %s did not pass, or cannot be run in a builder; both are told above\n  fix: To run it elsewhere: nix-processmgmt-ts test FILE -A %s\n' "$variantName" "$variantName" >&2
      exit 1
    fi
    printf 'passed: %s\n' "$variantName" >"$out"
    exit 0
  '' {
    inherit command node;
    variantName = name;
    notTried = if description.notTried == null then "" else description.notTried;
    variant = if description.notTried == null then "${file}" else "";
    PATH = searchPath;
    inherit storeDir;
    stateDir = getEnv "NIX_STATE_DIR";
    logDir = getEnv "NIX_LOG_DIR";
  };
in
test // { inherit driver variant; }
