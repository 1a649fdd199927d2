import ../../later.nix { path = "nixproc/create-image-from-steps/create-multi-process-image-universal.nix"; purpose = "images that run several processes"; }
