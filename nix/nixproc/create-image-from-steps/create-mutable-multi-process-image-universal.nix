import ../../later.nix { path = "nixproc/create-image-from-steps/create-mutable-multi-process-image-universal.nix"; purpose = "images whose processes can be changed while they run"; }
