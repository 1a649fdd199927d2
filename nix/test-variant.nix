# One suite under one process manager in one profile, as data: what `nix-processmgmt-ts test` reads of it
# (src/test-driver/variant.ts), and what nix/test-derivation.nix builds.
{ pkgs
, system
, suite # as given to testService
, profile # its name
, processManager
, profileModule # a file of parameters, or its value
, managerModule # likewise, a function
}:

let
  inherit (builtins) attrNames concatLists concatStringsSep dirOf elem filter head intersectAttrs isPath isString map match pathExists
    removeAttrs toJSON unsafeDiscardStringContext;

  load = value: if isPath value || isString value then import value else value;

  extraParams = suite.extraParams or { };
  profileSettings = load profileModule;

  # The framework's own modules describe its virtual machines: ours stand for them.
  manager =
    let
      path = if isPath managerModule || isString managerModule then toString managerModule else "";
      ofFramework = match ".*/nixproc/backends/([^/]+)/test-module(/default\\.nix)?" path;
      ours = ./nixproc/backends + "/${head ofFramework}/test-module";
    in
    load (if ofFramework != null && pathExists ours then ours else managerModule) {
      inherit profileSettings extraParams pkgs system;
      inherit (suite) exprFile;
      tools = import ./tools { inherit pkgs system; };
    };

  inherit (manager) params;

  machine = import ./nixos-config.nix {
    inherit pkgs;
    modules = [ (profileSettings.nixosModules or [ ]) (manager.nixosModules or [ ]) (suite.nixosConfig or null) ];
  };

  # The model ---------------------------------------------------------------------------------------------------------

  settingNames = [
    "stateDir" "runtimeDir" "logDir" "tmpDir" "cacheDir" "spoolDir" "lockDir" "libDir" "forceDisableUserChange"
  ];
  settings = intersectAttrs (builtins.listToAttrs (map (name: { inherit name; value = null; }) settingNames)) params;
  exprFile = unsafeDiscardStringContext (toString suite.exprFile);

  model = import ./load-model.nix {
    inherit exprFile processManager;
    settings = toJSON (settings // {
      callingUser = params.callingUser or null;
      callingGroup = params.callingGroup or null;
    });
    extraParams = removeAttrs params (settingNames ++ [ "callingUser" "callingGroup" ]) // extraParams;
    hostPackages = pkgs ? isHostPackages;
    packages = pkgs;
    root = dirOf exprFile;
  };
  processes = model.all;

  # The script --------------------------------------------------------------------------------------------------------

  phase = name: instance: script: if script == "" then [ ] else [{ inherit name instance script; }];
  once = name:
    let callback = suite.${name} or null; in
    if callback == null then [ ] else phase name null (callback (params // { inherit processes; }));
  ofEach = name: also:
    let callback = suite.${name} or null; in
    if callback == null then [ ]
    else concatLists (map
      (instanceName: phase name instanceName
        (callback ({ inherit instanceName; instance = processes.${instanceName}; } // also // params)))
      (attrNames processes));

  binOf = package: "${package.bin or package}";

  notTried =
    if !(elem processManager (import ./test-managers.nix)) then
      "the test driver cannot run the process manager ${processManager}; it can run: ${concatStringsSep ", " (import ./test-managers.nix)}"
    else if machine.unknown != [ ] then
      "its nixosConfig sets ${concatStringsSep ", " machine.unknown}, which only NixOS can do"
    else
      null;
in
{
  inherit model profileSettings settings;

  # What can be said without evaluating the model.
  description = {
    inherit profile notTried;
    suite = suite.name;
    manager = processManager;
    exprFile = exprFile;
  };

  # What the machine has to be like, and what is done in it.
  machine = {
    inherit params;
    packages = map binOf ((suite.systemPackages or [ ]) ++ (manager.systemPackages or [ ]) ++ machine.packages);
    inherit (machine) users;
    instances = attrNames processes;
    phases = once "initialTests" ++ ofEach "readiness" { } ++ ofEach "tests" { inherit processManager; } ++ once "postTests";
  };
}
