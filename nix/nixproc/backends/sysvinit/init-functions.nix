# The library of shell functions that init scripts source; the framework fetches another one.
_evaluation: _outer: builtins.toFile "init-functions.sh"
  (builtins.readFile ../process-functions.sh + "\n" + builtins.readFile ./init-functions.sh)
