# State in the system's own directories, users and groups as the model wants them.
{
  params = {
    stateDir = "/var";
    runtimeDir = "/var/run";
    forceDisableUserChange = false;
  };

  # What distinguishes such a machine, as NixOS modules (nix/nixos-config.nix reads them).
  nixosModules = [ ];
}
