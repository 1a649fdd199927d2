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
  inherit (builtins) attrNames concatStringsSep mapAttrs removeAttrs unsafeGetAttrPos;
  inherit (evaluation) explain interpolate nameOf plainData plainProperties;

  manager = evaluation.processManager;
  scope = evaluation.makeScope { inherit manager pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange; };
  createCredentials = evaluation.createCredentials { inherit ids forceDisableUserChange; };

  texts = _: map toString;
  program = _: interpolate;

  # Every property, with how it becomes plain data when it is no string.
  convert = {
    name = plainData;
    instanceName = plainData;
    description = plainData;
    initialize = plainData;
    process = program;
    args = texts;
    daemon = program;
    daemonExtraArgs = texts;
    daemonArgs = texts;
    foregroundProcess = program;
    foregroundProcessExtraArgs = texts;
    foregroundProcessArgs = texts;
    pidFile = plainData;
    path = _: map interpolate;
    environment = _: mapAttrs (_: toString);
    directory = plainData;
    umask = plainData;
    nice = plainData;
    user = plainData;
    credentials = where: value: plainData where (createCredentials value);
    dependencies = null;
    overrides = null;
    postInstall = null;
  };

  # Those that are no arguments of the process.
  separate = [ "dependencies" "overrides" "postInstall" ];

  # What a process has to be started with, by what the manager wants it to be.
  missingForm = {
    daemon = { form = "daemon"; tools = "daemonize"; };
    foreground = { form = "foregroundProcess"; tools = "daemonProxy"; };
  }.${scope.tools.wants};

  needs = given:
    (if given.${missingForm.form} or null != null || given.process or null != null then [ ] else [ missingForm.tools ])
    ++ (if given.user or null != null && !forceDisableUserChange then [ "userSwitch" ] else [ ]);
  refuse = given: property: explain {
    what = "Process \"${nameOf given}\" has an unknown property \"${property}\"";
    why = "createManagedProcess knows: ${concatStringsSep ", " (attrNames convert)}";
    fix = "Correct the name of the property, or move it to overrides if it belongs to one process manager";
    position = unsafeGetAttrPos property given;
  };
in
given:
let
  arguments = plainProperties { inherit convert; unknown = refuse given; } (removeAttrs given separate);
in
if manager == null then
  import ../../../agnostic-package.nix {
    inherit evaluation pkgs arguments;
    properties = given;
    dependencies = given.dependencies or [ ];
  }
else
  evaluation.makeProcess {
    kind = "managed";
    inherit manager scope arguments;
    properties = given;
    needs = needs given;
  })
