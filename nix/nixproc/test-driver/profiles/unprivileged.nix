# Everything as the user `unprivileged`, with all state below that user's home directory.
let
  stateDir = "/home/unprivileged/var";
in
{
  params = {
    inherit stateDir;
    runtimeDir = "${stateDir}/run";
    forceDisableUserChange = true;
    callingUser = "unprivileged";
    callingGroup = "users";
  };

  # The machine has this user by itself.
  nixosModules = [ ];
}
