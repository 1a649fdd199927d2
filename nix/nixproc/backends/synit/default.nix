# All create functions of Synit.
evaluation:

outer:

{
  createSynitDaemon = import ./create-synit-daemon.nix evaluation outer;
}
