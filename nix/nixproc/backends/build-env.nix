# What builds the profile of a model for `processManager`, to be called by nix-build or by other expressions: it gives the
# very store path that our command gives. Arguments that are not given are the model's to choose, as they are there.
processManager:

{ exprFile # absolute path of the model, as a path or a text
, pkgs ? null
, system ? null
, stateDir ? null
, runtimeDir ? null
, logDir ? null
, tmpDir ? null
, cacheDir ? null
, spoolDir ? null
, lockDir ? null
, libDir ? null
, forceDisableUserChange ? null
, callingUser ? null
, callingGroup ? null
, extraParams ? { } # more arguments for the model
, hostPackages ? false # use the programs of this machine even where <nixpkgs> is found
, provideFramework ? false # pass our directory as `nix-processmgmt` to whoever wants it
, node ? null # the Node.js that renders, as the path of the executable
, options ? { } # texts that only some managers know
, ...
}:

let
  inherit (builtins) attrNames dirOf filter mapAttrs removeAttrs toString toJSON unsafeDiscardStringContext;

  withoutNulls = set: removeAttrs set (filter (name: set.${name} == null) (attrNames set));

  settings = mapAttrs (_: toString) (withoutNulls {
    inherit stateDir runtimeDir logDir tmpDir cacheDir spoolDir lockDir libDir;
  }) // withoutNulls { inherit forceDisableUserChange; };

  file = unsafeDiscardStringContext (toString exprFile);

  model = import ../../load-model.nix {
    inherit processManager hostPackages provideFramework;
    exprFile = file;
    settings = toJSON (settings // { inherit callingUser callingGroup; });
    extraParams = withoutNulls { inherit pkgs system; } // extraParams;
    # Our command knows which directories above can be listed.
    root = dirOf file;
  };
in
import ../../render.nix ({
  inherit model processManager settings options;
  inherit (model.evaluation) pkgs;
  extras = import ../../instance-extras.nix { inherit model; };
  result.kind = "profile";
} // withoutNulls { inherit node; })
