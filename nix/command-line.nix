# What our command has Nix evaluate. Options of Nix reach a function's arguments by their names; Nix 2.3 hands over none that
# are not listed here, even where a function takes others.
{ file # name of the expression: evaluate.nix, apply-overrides.nix or id-requirements.nix
, exprFile # this and what follows: see load-model.nix
, processManager
, settings
, extraParams ? null
, only ? null
, hostPackages ? null
, provideFramework ? null
, root ? null
, locateFailures ? null
, packages ? null
, readExtras ? null # see evaluate.nix
, generated ? null # see apply-overrides.nix
, property ? null # see id-requirements.nix
}@arguments:

import (./. + "/${file}") (builtins.removeAttrs arguments [ "file" ])
