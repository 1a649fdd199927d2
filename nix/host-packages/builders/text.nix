# Files and scripts from texts.
{
  bash,
  lib,
  stdenv,
  runCommand,
}:
let
  shebang = "#!${bash}\n";
  syntaxCheck = ''${bash} -n "$target"'';

  # destination: path below the output, with a slash first; the output itself is the file when it is empty.
  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      checkPhase ? "",
      meta ? { },
      passthru ? { },
      derivationArgs ? { },
      allowSubstitutes ? false,
      preferLocalBuild ? true,
    }:
    stdenv.mkDerivation (
      {
        inherit
          allowSubstitutes
          checkPhase
          destination
          executable
          name
          passthru
          preferLocalBuild
          text
          ;
        passAsFile = [ "text" ] ++ derivationArgs.passAsFile or [ ];
        meta =
          lib.optionalAttrs (executable && lib.hasPrefix "/bin/" destination) {
            mainProgram = lib.removePrefix "/bin/" destination;
          }
          // meta;
        buildCommand = ''
          target="$out$destination"
          [ -z "$destination" ] || mkdir -p "''${target%/*}"
          cp "$textPath" "$target"
          ${if executable then ''chmod +x "$target"'' else ''chmod a-x "$target"''}
          eval "$checkPhase"
        '';
      }
      // removeAttrs derivationArgs [ "passAsFile" ]
    );

  concatTextFile =
    {
      name,
      files,
      executable ? false,
      destination ? "",
      checkPhase ? "",
      meta ? { },
    }:
    runCommand name
      {
        inherit checkPhase destination files meta;
      }
      ''
        target="$out$destination"
        [ -z "$destination" ] || mkdir -p "''${target%/*}"
        cat $files > "$target"
        ${lib.optionalString executable ''chmod +x "$target"''}
        eval "$checkPhase"
      '';

  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
      runtimeEnv ? null,
      inheritPath ? true,
      checkPhase ? syntaxCheck,
      bashOptions ? [
        "errexit"
        "nounset"
        "pipefail"
      ],
      meta ? { },
      passthru ? { },
      derivationArgs ? { },
      # For shellcheck, which is not part of a host's basic programs: only the syntax is checked.
      excludeShellChecks ? [ ],
      extraShellCheckFlags ? [ ],
    }:
    writeTextFile {
      inherit name derivationArgs passthru checkPhase;
      executable = true;
      destination = "/bin/${name}";
      meta = { mainProgram = name; } // meta;
      text =
        shebang
        + lib.concatMapStrings (option: "set -o ${option}\n") bashOptions
        + lib.optionalString (runtimeEnv != null) (
          lib.concatStrings (
            lib.mapAttrsToList (variable: value: "${lib.toShellVar variable value}\nexport ${variable}\n") runtimeEnv
          )
        )
        + lib.optionalString (runtimeInputs != [ ] || !inheritPath) ''

          export PATH="${lib.makeBinPath runtimeInputs}${lib.optionalString inheritPath ":$PATH"}"
        ''
        + ''

          ${text}
        '';
    };
in
{
  inherit concatTextFile writeShellApplication writeTextFile;

  concatText = name: files: concatTextFile { inherit name files; };
  concatScript =
    name: files:
    concatTextFile {
      inherit name files;
      executable = true;
    };

  writeText =
    name: text:
    writeTextFile { inherit name text; };
  # The path is that of the file below the output.
  writeTextDir =
    path: text:
    writeTextFile {
      name = baseNameOf path;
      inherit text;
      destination = "/${path}";
    };
  writeScript =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
    };
  writeScriptBin =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
      destination = "/bin/${name}";
    };
  writeShellScript =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      text = shebang + text + "\n";
      checkPhase = syntaxCheck;
    };
  writeShellScriptBin =
    name: text:
    writeTextFile {
      inherit name;
      executable = true;
      destination = "/bin/${name}";
      text = shebang + text + "\n";
      checkPhase = syntaxCheck;
    };
}
