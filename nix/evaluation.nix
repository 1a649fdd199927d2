# What the create functions of nix/nixproc share in one evaluation of a model (framework-function.nix).
{ processManager # the manager that the model is evaluated for; null when only its create functions say it
, directories # where state lives when the model does not say it to a create function
, forceDisableUserChange
, pkgs # the package set of a create function that is not given one
, locateFailures # have errors tell the property that they come from, which takes its time
, packageOf ? null # process -> derivation of what it looks like to the model; null for the files of its postInstall
}:

let
  inherit (builtins) addErrorContext any attrNames attrValues catAttrs concatLists concatStringsSep deepSeq filter foldl' hashString
    intersectAttrs isAttrs isFunction isList isPath isString listToAttrs mapAttrs match pathExists removeAttrs storeDir toJSON
    toString unsafeDiscardStringContext unsafeGetAttrPos;

  explain = import ./explain.nix;
  harmless = import ./harmless.nix;
  typeInWords = import ./type-in-words.nix;
  plainData = import ./plain-data.nix;

  # What processes of a manager need of a package set.
  toolsOf = manager:
    let
      file = ./nixproc/backends + "/${manager}/tools.nix";
    in
    if pathExists file then
      import file
    else
      explain {
        what = "There is no process manager \"${manager}\"";
        why = "There are: ${concatStringsSep ", " (import ./managers.nix)}";
        fix = "Choose one of them";
      };

  withoutNulls = set: removeAttrs set (filter (name: set.${name} == null) (attrNames set));

  # What all processes have in common that come from one application of a create function's outer function.
  makeScope = { manager, pkgs, stateDir, runtimeDir, logDir, tmpDir, forceDisableUserChange }:
    let
      tools = toolsOf manager { inherit pkgs; };
      data = {
        directories = {
          stateDir = toString stateDir;
          runtimeDir = toString runtimeDir;
          logDir = toString logDir;
          tmpDir = toString tmpDir;
        };
        inherit forceDisableUserChange;
        tools = withoutNulls tools.base;
      };
    in
    {
      inherit pkgs tools;
      # An item of the table of scopes; a model has few. A hash of Nix 2.3 keeps the context, which a name must not have.
      named = { name = unsafeDiscardStringContext (hashString "sha256" (toJSON data)); value = data; };
    };

  # The groups of tools that a process needs besides the base.
  toolsFor = scope: needs: withoutNulls (foldl' (tools: need: tools // scope.tools.${need} or { }) { } needs);

  # A process made without the framework.
  foreignProcess = package: rec {
    inherit (package) name;
    dependencies = [ ];
    overrides = null;
    data = { inherit name; path = "${package}"; };
    text = toJSON data;
  };

  isPackage = value: isAttrs value && value ? outPath && value ? name;

  # The process behind a package; `where` says in words where the package stands.
  processOf = where: package:
    if !isAttrs package then
      explain {
        what = "The ${where} is not a package";
        why = "It is ${typeInWords package}, not what a create function returned";
      }
    else if package ? nixproc then
      package.nixproc
    else if isPackage package then
      foreignProcess package
    else
      explain {
        what = "The ${where} is not a package";
        why =
          if package ? pkg then
            "It is a process instance"
          else
            "It is an attribute set with neither a name nor an output path";
        fix = if package ? pkg then "Refer to its pkg" else null;
      };

  # The name of the store path that holds the files of postInstall; what a process manager thinks of the name is not
  # Nix' concern.
  storeName = name: if match "[A-Za-z0-9+_?=-][A-Za-z0-9+._?=-]{0,150}" name == null then "process-files" else name;

  # Runs postInstall, which adds files to the profile, in an output of its own.
  filesOf = pkgs: name: postInstall: pkgs.stdenv.mkDerivation {
    name = storeName name;
    buildCommand = ''
      mkdir -p $out
      ${postInstall}
    '';
    allowSubstitutes = false;
    preferLocalBuild = true;
  };

  nameOf = properties:
    let
      name =
        if properties.name or null != null then
          properties.name
        else
          properties.instanceName or null;
    in
    if name == null then
      explain {
        what = "A process has neither a name nor an instanceName";
        why = "It has the properties: ${concatStringsSep ", " (attrNames properties)}";
        fix = "Give it a name";
      }
    else if !isString name then
      explain {
        what = "The name of a process is ${typeInWords name}, not a string";
      }
    else
      name;

  # What `overrides` of a process say for a manager; null for nothing.
  checkedOverrides = name: manager: given:
    let
      own = given.${manager} or null;
      wrong = where: value: explain {
        what = "The ${where} of process \"${name}\" is not an attribute set";
        why = "It is ${typeInWords value}";
        fix = "Write overrides.${manager} = { … }; or overrides.${manager} = arguments: { … };";
      };
    in
    if given != null && !isAttrs given then
      wrong "property overrides" given
    else if own == null || isAttrs own || isFunction own then
      own
    else
      wrong "override for ${manager}" own;

  # What is told of overrides, which are called when there are generated arguments for them (call-overrides.nix).
  overridesAsData = name: manager: overrides:
    if isFunction overrides || any isFunction (attrValues overrides) then
      "function"
    else
      plainData "override of process \"${name}\" for ${manager}" overrides;

  # Paths of the model among arguments and variables. As text, they stay those of the files themselves: what runs is not
  # what the generation has, and on another machine there may be no such file. Gives words: where each is, and its path.
  strayPaths = properties:
    let
      isStray = value: isPath value && match "${storeDir}(/.*)?" (toString value) == null;
      inList = property:
        let list = properties.${property} or null; in
        if isList list && any isPath list then map (path: [ property (toString path) ]) (filter isStray list) else [ ];
      variables = properties.environment or null;
    in
    concatLists (map inList [ "args" "daemonArgs" "daemonExtraArgs" "foregroundProcessArgs" "foregroundProcessExtraArgs" ])
    ++ (if isAttrs variables && any isPath (attrValues variables) then
      concatLists (map
        (name: if isStray variables.${name} then [ [ "environment.${name}" (toString variables.${name}) ] ] else [ ])
        (attrNames variables))
    else
      [ ]);

  # What a create function returns. To the model it looks like a derivation, but nothing is built for a process: in our
  # own evaluation only who asks for the output path has postInstall run.
  # isDirect: whether it is the manager's own create function
  # properties: as given to the create function
  # arguments: what `properties` say to the process manager, as plain data
  # needs: which groups of the manager's tools are needed besides the base
  makeProcess = { manager, scope, isDirect }: properties: arguments: needs:
    let
      name = nameOf properties;
      dependencies = map
        (dependency: dependency.nixproc or (processOf "dependency of process \"${name}\"" dependency))
        (properties.dependencies or [ ]);
      overrides =
        # Most say nothing for the manager at hand.
        if isAttrs (properties.overrides or { }) && !(properties ? overrides.${manager}) then
          null
        else
          checkedOverrides name manager properties.overrides;
      # What systemd is told about processes that a service leaves behind holds under every manager.
      killMode =
        if manager != "systemd" && properties ? overrides.systemd then
          harmless (properties.overrides.systemd.Service.KillMode or null)
        else
          null;
      # After the arguments: what throws among them is blamed on its own line.
      stray = deepSeq arguments (strayPaths properties);
      files = filesOf scope.pkgs name (properties.postInstall or "");
      # What most processes do not have is left out.
      data = { inherit arguments; }
        // (if isDirect then { inherit manager; } else { })
        // (if needs == [ ] then { } else { tools = toolsFor scope needs; })
        // (if dependencies == [ ] then { } else { dependencies = catAttrs "name" dependencies; })
        // (if overrides == null then { } else { overrides = overridesAsData name manager overrides; })
        // (if killMode == "process" || killMode == "none" then { endsAlone = true; } else { })
        // (if stray == [ ] then { } else { inherit stray; })
        // (if properties.postInstall or "" == "" then { } else { files = "${files}"; });
      process = {
        inherit name manager dependencies overrides scope data;
        text = toJSON [ data scope.named.name ];
      };
      package = if packageOf == null then files else packageOf process;
    in
    {
      type = "derivation";
      inherit name;
      inherit (package) outPath drvPath system out all outputs outputName;
      meta = { };
      # Disnix' expressions of the framework ask for it.
      dependencies = properties.dependencies or [ ];
      nixproc = process;
    };

  interpolate = value: if value == null then null else "${value}";

  # A property of a process, as errors name it.
  inWords = given: property: "property \"${property}\" of process \"${nameOf given}\"";

  # Some properties of a process as plain data.
  # convert: property -> where -> value -> data, for values that are no strings
  # unknown: what stands for a property that `convert` does not have
  # given: all properties of the process
  plainProperties = { convert, unknown ? null }: given: some:
    let
      plain = property: value:
        if unknown != null && !(convert ? ${property}) then
          unknown property
        else if isString value then
          value
        else
          (convert.${property} or plainData) (inWords given property) value;
    in
    mapAttrs (if locateFailures then (property: value: located given property (plain property value)) else plain) some;

  # Says which property a failure comes from: `throw` and many others tell no place.
  located = given: property: data:
    let
      place = unsafeGetAttrPos property given;
      position = if place == null then "" else ", at ${place.file}:${toString place.line}:${toString place.column}:";
    in
    addErrorContext "while evaluating the property \"${property}\"${position}" (deepSeq data data);

  # A manager's own create function.
  # needs: arguments -> the groups of tools that they call for
  # outerProperties: names of outer arguments that say how a process is run; they go into the property "outer"
  # convert: property -> where -> value -> data, for arguments that only this function has
  directFunction = { manager, needs ? _: [ ], outerProperties ? [ ], convert ? { } }:
    { stateDir ? directories.stateDir
    , runtimeDir ? directories.runtimeDir
    , logDir ? directories.logDir
    , tmpDir ? directories.tmpDir
    , forceDisableUserChange ? evaluation.forceDisableUserChange
    , createCredentials ? evaluation.createCredentials { inherit forceDisableUserChange; }
    , ...
    }@outer:
    let
      # By hand, a model has as many managers as it has create functions.
      wantedManager = if processManager == null then manager else processManager;

      # Packages that the model hands over stand for those of the package set.
      scope = makeScope {
        manager = wantedManager;
        pkgs = pkgs // withoutNulls (removeAttrs outer [ "stateDir" "runtimeDir" "logDir" "tmpDir" ]);
        inherit stateDir runtimeDir logDir tmpDir forceDisableUserChange;
      };

      # What is not named there has no meaning in our implementation, as a package that we do not use.
      wanted = listToAttrs (map (name: { inherit name; value = null; }) outerProperties);
      outerData = plainData "argument of ${manager}'s create function" (intersectAttrs wanted outer);
    in
    properties:
    let
      conversions = {
        process = _: interpolate;
        path = _: map interpolate;
        credentials = where: value: plainData where (createCredentials value);
      } // convert;
    in
    makeProcess { inherit manager scope; isDirect = true; } properties
      (plainProperties { convert = conversions; } properties (removeAttrs properties [ "dependencies" "postInstall" ])
        // (if outerData == { } then { } else { outer = outerData; })
        // { name = nameOf properties; })
      (needs properties);

  # The function of the framework that a file of ours stands for, as a part of this evaluation.
  inEvaluation = file: import file { modelEvaluation = evaluation; };

  evaluation = {
    inherit processManager directories forceDisableUserChange locateFailures pkgs inEvaluation;
    inherit explain inWords plainData plainProperties interpolate nameOf makeScope makeProcess processOf directFunction;
    createCredentials = inEvaluation ./nixproc/create-credentials;
    fallbackTools = withoutNulls (toolsOf processManager { inherit pkgs; }).base;
  };
in
evaluation
