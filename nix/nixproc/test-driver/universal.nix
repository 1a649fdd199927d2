import ../../later.nix { path = "nixproc/test-driver/universal.nix"; purpose = "tests of services"; }
