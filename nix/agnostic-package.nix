# The package of a process that is for no process manager yet: NAME.json, with what createManagedProcess was given, and the
# configurations of what it depends on by their paths. create-managed-process-from-config.nix reads it.
{ evaluation
, pkgs
, properties # as given to createManagedProcess, but for dependencies
, dependencies # packages
, arguments # the arguments of the process, as plain data
}:

let
  inherit (builtins) mapAttrs match removeAttrs toJSON;
  inherit (evaluation) explain nameOf plainData;

  name = nameOf properties;

  # A package of somebody's own has no configuration, and is what it is.
  fileOf = dependency: dependency.configuration or "${dependency}";

  text = toJSON (arguments // {
    dependencies = map fileOf dependencies;
    overrides = mapAttrs
      (manager: plainData "override of process \"${name}\" for ${manager} in its configuration file")
      (properties.overrides or { });
    postInstall = properties.postInstall or "";
  });

  package = pkgs.stdenv.mkDerivation {
    inherit name text;
    passAsFile = [ "text" ];
    buildCommand = ''
      mkdir -p $out
      cp "$textPath" "$out/${name}.json"
    '';
    allowSubstitutes = false;
    preferLocalBuild = true;
  };
in
if match "[A-Za-z0-9+_?=-][A-Za-z0-9+._?=-]{0,150}" name == null then
  explain {
    what = "A process with the name \"${name}\" can have no configuration of its own";
    why = "It would be the name of a file in the store";
    fix = "Choose a name of letters, digits and the characters + - . _ ? =";
  }
else
  {
    type = "derivation";
    inherit name;
    inherit (package) outPath drvPath system out all outputs outputName;
    meta = { };
    configuration = "${package}/${name}.json";
  }
