# createLongRunService: a process that s6 supervises, described by the files of its service definition.
import ../../../framework-function.nix (evaluation:

{ createLogServiceForLongRunService ? evaluation.inEvaluation ./create-log-service-for-longrun-service.nix outer
, ...
}@outer:

let
  references = import ./references.nix evaluation;
  create = evaluation.directFunction {
    manager = "s6-rc";
    convert = {
      run = references.file;
      finish = references.file;
      data = references.file;
      env = references.file;
      producerFor = references.serviceName;
      consumerFor = references.serviceNames;
    };
  } outer;
in
{ autoGenerateLogService ? true, ... }@properties:
let
  logService = createLogServiceForLongRunService { name = evaluation.nameOf properties; };
  logSettings = logService.logSettings or (evaluation.explain {
    what = "Process \"${evaluation.nameOf properties}\" has a createLogServiceForLongRunService that is not the framework's";
    why = "What it returns does not say where and as whom to log";
    fix = "Set autoGenerateLogService = false and producerFor to the name of your own log service";
  });
in
create (properties // (if autoGenerateLogService == false then { } else { inherit logSettings; })))
