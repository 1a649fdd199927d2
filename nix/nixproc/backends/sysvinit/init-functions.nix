# The library of shell functions that init scripts source; the framework fetches another one.
import ../../../framework-function.nix (_: _: builtins.toFile "init-functions.sh"
  (builtins.readFile ../process-functions.sh + "\n" + builtins.readFile ./init-functions.sh))
