# createManagedProcess: one description of a process for every process manager.
import ../../../framework-function.nix (evaluation:

{ pkgs ? evaluation.pkgs
, stateDir ? evaluation.directories.stateDir
, runtimeDir ? evaluation.directories.runtimeDir
, logDir ? evaluation.directories.logDir
, tmpDir ? evaluation.directories.tmpDir
, forceDisableUserChange ? evaluation.forceDisableUserChange
, ids ? { }
, ...
}:

let
  inherit (builtins) all any attrNames attrValues concatStringsSep intersectAttrs isAttrs isString map mapAttrs removeAttrs seq
    toString unsafeGetAttrPos;
  inherit (evaluation) explain interpolate inWords locateFailures nameOf plainData plainProperties;

  manager = evaluation.processManager;
  scope = evaluation.makeScope { inherit manager pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange; };
  createCredentials = evaluation.createCredentials { inherit ids forceDisableUserChange; };

  program = _: interpolate;

  # Every property, with how it becomes plain data. First those that nearly always are strings, and stay as they are:
  texts = {
    name = plainData;
    instanceName = plainData;
    description = plainData;
    initialize = plainData;
    process = program;
    daemon = program;
    foregroundProcess = program;
    pidFile = plainData;
    directory = plainData;
    umask = plainData;
    nice = plainData;
    user = plainData;
  };
  lists = {
    args = listOfTexts;
    daemonExtraArgs = listOfTexts;
    daemonArgs = listOfTexts;
    foregroundProcessExtraArgs = listOfTexts;
    foregroundProcessArgs = listOfTexts;
  };
  convert = texts // lists // {
    path = _: pathOf;
    environment = _: environmentOf;
    credentials = credentialsOf;
  };

  listOfTexts = _: list: if isString list then list else map toString list;
  pathOf = path: if isString path then path else map interpolate path;
  environmentOf = variables: if isString variables then variables else mapAttrs (_: toString) variables;
  credentialsOf = where: credentials:
    if isString credentials then credentials else plainData where (createCredentials credentials);

  # Those that are no arguments of the process.
  separate = { dependencies = null; overrides = null; postInstall = null; };
  known = convert // separate;

  # What a process has to be started with, by what the manager wants it to be.
  missingForm = {
    daemon = { form = "daemon"; tools = "daemonize"; };
    foreground = { form = "foregroundProcess"; tools = "daemonProxy"; };
  }.${scope.tools.wants};

  # Some managers do so without tools.
  canSwitchUser = !forceDisableUserChange && scope.tools ? userSwitch;

  needs = given:
    (if given.${missingForm.form} or null != null || given.process or null != null then [ ] else [ missingForm.tools ])
    ++ (if canSwitchUser && given.user or null != null then [ "userSwitch" ] else [ ]);

  refuse = given: property: explain {
    what = "Process \"${nameOf given}\" has an unknown property \"${property}\"";
    why = "createManagedProcess knows: ${concatStringsSep ", " (attrNames known)}";
    fix = "Correct the name of the property, or move it to overrides if it belongs to one process manager";
    position = unsafeGetAttrPos property given;
  };

  # Where users are not to be changed, nothing is left of most credentials.
  isAboutUsers = credentials:
    !forceDisableUserChange
    || !(isAttrs credentials)
    || any (user: user.createHomeDir or false) (attrValues (credentials.users or { }));

  # What the properties say to the process manager. Looking at all of them at once takes half the time of looking at each.
  argumentsOf = given:
    let
      itsTexts = intersectAttrs texts given;
      isUsual =
        intersectAttrs known given == given
        && all isString (attrValues itsTexts)
        && (itsTexts ? instanceName || itsTexts ? name);
    in
    if !locateFailures && isUsual then
      itsTexts
      // mapAttrs listOfTexts (intersectAttrs lists given)
      // (if given ? path then { path = pathOf given.path; } else { })
      // (if given ? environment then { environment = environmentOf given.environment; } else { })
      // (if given ? credentials && isAboutUsers given.credentials then
        { credentials = credentialsOf (inWords given "credentials") given.credentials; }
      else
        { })
    else
      seq (nameOf given)
        (plainProperties { inherit convert; unknown = refuse given; } given (removeAttrs given (attrNames separate)));

  makeProcess = evaluation.makeProcess { inherit manager scope; isDirect = false; };
in
given:
if manager == null then
  import ../../../agnostic-package.nix {
    inherit evaluation pkgs;
    arguments = argumentsOf given;
    properties = given;
    dependencies = given.dependencies or [ ];
  }
else
  makeProcess given (argumentsOf given) (needs given))
