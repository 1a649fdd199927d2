# Calls the model and finds the processes in it.
{ exprFile # text: absolute path of the model
, processManager
, settings # JSON: what the user set (stateDir … libDir, forceDisableUserChange), callingUser and callingGroup
, extraParams ? { } # an attribute set, or a function from the redirected names to one
, only ? null # text: path of a JSON file with the names of the instances to evaluate; null for all
, hostPackages ? false # use the programs of this machine even where <nixpkgs> is found
, packages ? null # the package set of a caller that has one: the model's pkgs
, provideFramework ? false # pass our directory as `nix-processmgmt`
, root ? null # see redirect.nix
, locateFailures ? false # see evaluation.nix
}:

let
  inherit (builtins) any attrNames attrValues concatStringsSep filter fromJSON functionArgs head intersectAttrs isAttrs
    isFunction listToAttrs mapAttrs readFile removeAttrs;

  explain = import ./explain.nix;
  typeInWords = import ./type-in-words.nix;

  decoded = fromJSON settings;
  set = removeAttrs decoded [ "callingUser" "callingGroup" ];
  directories = import ./default-directories.nix (removeAttrs set [ "forceDisableUserChange" ]);
  forceDisableUserChange = set.forceDisableUserChange or false;

  params = if isFunction extraParams then extraParams (intersectAttrs (functionArgs extraParams) redirect.scope) else extraParams;
  system = params.system or builtins.currentSystem;

  usesHostPackages =
    if packages == null then hostPackages || !redirect.nixpkgsFound else packages ? isHostPackages;
  hostPackageSet = redirect.withOurImport (import ./host-packages { inherit system; });
  defaultPackages = if usesHostPackages then hostPackageSet else redirect.importNixpkgs { inherit system; };

  redirect = import ./redirect.nix {
    inherit evaluation root provideFramework;
    hostPackages = if usesHostPackages then hostPackageSet else null;
  };

  evaluation = import ./evaluation.nix {
    inherit processManager directories forceDisableUserChange locateFailures;
    pkgs = params.pkgs or givenPackages.pkgs or defaultPackages;
  };
  # Its functions import files with our import, too.
  givenPackages = if packages == null then { } else { pkgs = redirect.withOurImport packages; };

  model = redirect.importFile exprFile;

  declared =
    if isFunction model then
      functionArgs model
    else
      explain {
        what = "The model ${exprFile} is not a function";
        why = "It is ${typeInWords model}";
        fix = "Begin it with its arguments: { pkgs, processManager, stateDir, … }:";
      };

  # Arguments for which the model has no default of its own.
  whenRequired = { inherit system forceDisableUserChange; pkgs = defaultPackages; } // directories;

  arguments = intersectAttrs declared (
    removeAttrs whenRequired (filter (name: declared.${name}) (attrNames declared))
    // (if usesHostPackages then { pkgs = hostPackageSet; } else { })
    // givenPackages
    // redirect.provided
    // set
    // { inherit processManager; inherit (decoded) callingUser callingGroup; }
    // params
  );

  missing = filter (name: !declared.${name} && !(arguments ? ${name})) (attrNames declared);

  result =
    if missing != [ ] then
      explain {
        what = "The model ${exprFile} wants an argument \"${head missing}\" that nobody gives it";
        why = "It has no default for: ${concatStringsSep ", " missing}";
        fix = "Pass it with --extra-params '{ ${head missing} = …; }', or give it a default in the model";
      }
    else
      model arguments;

  all =
    if isAttrs result then
      result
    else
      explain {
        what = "The model ${exprFile} does not return an attribute set of process instances";
        why = "Called with its arguments, it returns ${typeInWords result}";
      };

  instances =
    if only == null then
      all
    else
      intersectAttrs (listToAttrs (map (name: { inherit name; value = null; }) (fromJSON (readFile (import ./root-path.nix + only))))) all;

  processOfInstance = name: instance:
    if isAttrs instance && instance ? pkg then
      evaluation.processOf "pkg of process instance \"${name}\"" instance.pkg
    else
      explain {
        what = "Process instance \"${name}\" has no pkg";
        why =
          if isAttrs instance then
            "It has: ${concatStringsSep ", " (attrNames instance)}"
          else
            "It is ${typeInWords instance}, not an attribute set";
        fix = "Let its pkg be what a constructor returns: ${name} = { pkg = constructors.…; };";
        position = builtins.unsafeGetAttrPos name all;
      };

  processes = mapAttrs (name: instance: instance.pkg.nixproc or (processOfInstance name instance)) instances;

  processList = attrValues processes;
  named = listToAttrs (map (process: { inherit (process) name; value = process; }) processList);

  # Processes that are made of the same are the same. Mostly these are the same values, which takes no time to find out.
  isSame = one: other: one.data == other.data && one.scope.named or null == other.scope.named or null;

  isInstance = process:
    named ? ${process.name} && (isSame process named.${process.name} || any (isSame process) processList);

  others = import ./process-closure.nix { isKnown = isInstance; } processList;
in
{
  inherit evaluation all instances processes usesHostPackages;
  # Extra parameters that the model does not declare.
  ignoredParams = attrNames (removeAttrs params (attrNames declared));
  # Items of processes that only dependencies lead to.
  dependencies = filter ({ process, ... }: !(named ? ${process.name})) others;
  # Items of processes that are called as an instance but differ from it.
  conflicts = filter ({ process, ... }: named ? ${process.name}) others;
}
