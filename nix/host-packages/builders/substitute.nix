# Files with placeholders.
{ lib, stdenv }:
let
  # nixpkgs' form: the attributes themselves are the values of @name@.
  substituteAll =
    args:
    stdenv.mkDerivation (
      {
        name = if args ? pname && args ? version then "${args.pname}-${args.version}" else baseNameOf (toString args.src);
        dir = "";
        isExecutable = false;
        buildCommand = ''
          target="$out"
          if [ -n "$dir" ]; then
              target="$out/$dir/$name"
              mkdir -p "$out/$dir"
          fi
          substituteAll "$src" "$target"
          [ -z "$isExecutable" ] || chmod +x "$target"
          ${args.postInstall or ""}
        '';
      }
      // removeAttrs args [ "postInstall" ]
    );
in
{
  inherit substituteAll;

  # replacements: options of the shell function `substitute`, or a set of @name@s and values for replaceVars.
  substitute =
    args:
    stdenv.mkDerivation (
      {
        name = baseNameOf (toString args.src);
        buildCommand = ''
          substitute "$src" "$out" ${
            if builtins.isList (args.substitutions or null) then
              lib.escapeShellArgs args.substitutions
            else
              args.replacements or ""
          }
        '';
      }
      // removeAttrs args [
        "replacements"
        "substitutions"
      ]
    );

  replaceVars =
    src: values:
    stdenv.mkDerivation {
      name = baseNameOf (toString src);
      inherit src;
      buildCommand = ''
        substitute "$src" "$out" ${
          lib.concatStringsSep " " (
            lib.mapAttrsToList (
              name: value: "--replace-fail ${lib.escapeShellArg "@${name}@"} ${lib.escapeShellArg "${toString value}"}"
            ) values
          )
        }
      '';
    };
}
