# The library of shell functions that init scripts source; the framework fetches another one.
import ../../../framework-function.nix (_: _: builtins.toFile "init-functions.sh"
  (builtins.concatStringsSep "\n" (map builtins.readFile [
    ../coreutils.sh
    ../clean-start.sh
    ../control-group.sh
    ../systemd-scope.sh
    ../guarded-files.sh
    ../process-identity.sh
    ../process-offspring.sh
    ../process-functions.sh
    ./init-functions.sh
  ])))
