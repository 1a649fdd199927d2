# createLogServiceForLongRunService: the service that logs what the service NAME-srv prints.
import ../../../framework-function.nix (evaluation:

{ logDir ? evaluation.directories.logDir
, logDirUser ? null
, logDirGroup ? null
, ...
}@outer:

let
  create = evaluation.directFunction { manager = "s6-rc"; } outer;
in
{ name }:
let
  logSettings = {
    logDir = toString logDir;
    user = logDirUser;
    group = logDirGroup;
  };
in
create { name = "${name}-log"; logServiceFor = name; inherit logSettings; } // { inherit logSettings; })
