import ../../later.nix { path = "nixproc/create-image-from-steps/create-nix-image.nix"; purpose = "images with Nix in them"; }
