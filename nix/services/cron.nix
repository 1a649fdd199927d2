{ createManagedProcess, lib, writeTextFile, mcron, stateDir, forceDisableUserChange, ownedDirectory }:

# jobs: [ { schedule = "0 4 * * *"; command = "…"; } ], with the times of crontab(5); commands are run by sh, in the
# instance's directory
# user: whose rights the jobs have; null for root
{ jobs
, user ? instanceName
, instanceSuffix ? ""
, instanceName ? "cron${instanceSuffix}"
}:

let
  directory = "${stateDir}/${instanceName}";
  isOwnUser = user == instanceName;

  # mcron runs commands in the home directory that the user has in passwd(5). Strings of JSON are strings of Scheme.
  table = writeTextFile {
    name = "${instanceName}.guile";
    text = lib.concatMapStrings
      ({ schedule, command }: "(job ${builtins.toJSON schedule} ${builtins.toJSON "cd ${directory} && ${command}"})\n")
      jobs;
  };
in
createManagedProcess ({
  inherit instanceName;
  description = "Runs commands at certain times";
  initialize =
    if isOwnUser then ownedDirectory { path = directory; owner = instanceName; }
    else "mkdir -p ${directory}\n";
  foregroundProcess = "${mcron}/bin/mcron";
  args = [ table ];
  environment = {
    HOME = directory;
    # It would keep what it compiles in the home directory.
    GUILE_AUTO_COMPILE = "0";
  };
  credentials = if !isOwnUser then { } else {
    groups.${instanceName} = { };
    users.${instanceName} = {
      group = instanceName;
      homeDir = directory;
      description = "Jobs of ${instanceName}";
    };
  };
} // (if user == null then { } else { inherit user; }))
