# Evaluates the file that composes test suites, and prints what `nix-processmgmt-ts test` has to know of each variant: a list
# of { attrPath; description; text; context; storePaths; }. What cannot be evaluated has null for the last three, or also for
# the description.
{ suiteFile # text: absolute path
, arguments ? { } # what the file is called with besides, as far as it declares it: an attribute set, or a function to one
, processManagers ? null # JSON: the list of those that are wanted; null for what the file says
, profiles ? null # JSON, likewise
, only ? null # text: path of a JSON file with the attribute paths to evaluate, or beginnings of them; null for all
, evaluated ? true # whether to evaluate more than descriptions
, reveal ? false # whether what fails shall be seen, rather than that it fails
, overrides ? null # text: path of a JSON file, from attribute paths to the generated arguments for override functions
, hostPackages ? false # use the programs of this machine even where <nixpkgs> is found
, provideFramework ? false # pass our directory as `nix-processmgmt`
, root ? null # see redirect.nix
}:

let
  inherit (builtins) any attrNames concatLists concatStringsSep deepSeq elemAt filter fromJSON functionArgs genList
    intersectAttrs isAttrs isFunction length map readFile removeAttrs toJSON tryEval;

  explain = import ./explain.nix;
  typeInWords = import ./type-in-words.nix;
  rootPath = import ./root-path.nix;
  readJson = path: fromJSON (readFile (rootPath + path));

  given = if isFunction arguments then arguments (intersectAttrs (functionArgs arguments) redirect.scope) else arguments;
  system = given.system or builtins.currentSystem;

  usesHostPackages = hostPackages || !redirect.nixpkgsFound;
  hostPackageSet = redirect.withOurImport (import ./host-packages { inherit system; });
  pkgs = given.pkgs or (if usesHostPackages then hostPackageSet else redirect.importNixpkgs { inherit system; });

  redirect = import ./redirect.nix {
    inherit root provideFramework;
    hostPackages = if usesHostPackages then hostPackageSet else null;
    # For suites that call create functions themselves.
    evaluation = import ./evaluation.nix {
      inherit pkgs;
      processManager = null;
      directories = import ./default-directories.nix { };
      forceDisableUserChange = false;
      locateFailures = false;
    };
  };

  file = redirect.importFile suiteFile;
  declared = if isFunction file then functionArgs file else { };

  wanted =
    (if processManagers == null then { } else { processManagers = fromJSON processManagers; })
    // (if profiles == null then { } else { profiles = fromJSON profiles; })
    // redirect.provided
    // given;

  # A single suite, beside its model, wants what the file that composes suites gives it.
  whenRequired = {
    inherit pkgs system;
    processManagers = import ./test-managers.nix;
    profiles = [ "privileged" "unprivileged" ];
    nix-processmgmt = redirect.framework;
    testService = import ./nixproc/test-driver/universal.nix {
      inherit system;
      nixpkgs = if usesHostPackages then ./host-packages else <nixpkgs>;
    };
  };
  required = filter (name: !declared.${name}) (attrNames declared);
  missing = filter (name: !(whenRequired ? ${name} || wanted ? ${name})) required;

  suites =
    if missing != [ ] then
      explain {
        what = "The suites in ${suiteFile} want an argument \"${concatStringsSep "\" and \"" missing}\" that nobody gives them";
        fix = "Pass it with --extra-params, or give it a default in the file";
      }
    else if isFunction file then
      file (removeAttrs whenRequired (filter (name: declared.${name} or true) (attrNames whenRequired)) // intersectAttrs declared wanted)
    else
      file;

  isVariant = value: value ? variant.description;

  # Items { attrPath; value; }; value is null for what cannot be evaluated.
  variantsIn = attrPath: value:
    let
      found = tryEval (if isAttrs value then (if isVariant value then "variant" else "set") else "other");
      names = tryEval (let names = attrNames value; in deepSeq names names);
    in
    if !found.success then [ { inherit attrPath; value = null; } ]
    else if found.value == "variant" then [ { inherit attrPath; value = value.variant; } ]
    else if found.value == "other" || value ? outPath || value ? isHostPackages || length attrPath > 5 then [ ]
    else concatLists (map (name: variantsIn (attrPath ++ [ name ]) value.${name}) names.value);

  all =
    if isAttrs suites then variantsIn [ ] suites
    else explain {
      what = "There are no test suites in ${suiteFile}";
      why = "It gives ${typeInWords suites}";
      fix = "Let it return an attribute set of what testService returns";
    };
  beginsWith = path: beginning: take (length beginning) path == beginning;
  take = count: list: genList (elemAt list) (if count < length list then count else length list);
  selected =
    if only == null then all
    else let beginnings = readJson only; in filter ({ attrPath, ... }: any (beginsWith attrPath) beginnings) all;

  nothing = { text = null; context = null; storePaths = null; };

  perhaps = value: if reveal then { success = true; inherit value; } else tryEval (deepSeq value value);

  textOf = variant: toJSON (variant.machine // {
    inherit (variant) settings;
    model = import ./model-text.nix {
      inherit (variant) model;
      extras = import ./instance-extras.nix { inherit (variant) model; };
    };
  });

  overriddenText = attrPath: variant: import ./call-overrides.nix {
    inherit (variant) model;
    generated = (readJson overrides).${concatStringsSep "." attrPath};
  };

  # What failed before there was a variant, once more.
  throwing = attrPath: builtins.seq (builtins.foldl' (set: name: set.${name}) suites attrPath) false;

  describe = { attrPath, value, ... }:
    let
      description = perhaps value.description;
      isKnown = if value == null then reveal && throwing attrPath else description.success;
      text = perhaps (import ./text-with-context.nix
        (if overrides == null then textOf value else overriddenText attrPath value));
    in
    { inherit attrPath; }
    // { description = if isKnown then description.value else null; }
    // (if isKnown && description.value.notTried == null && evaluated && text.success then text.value else nothing);
in
map describe selected
