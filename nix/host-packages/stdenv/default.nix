# stdenv over the host's programs: mkDerivation with nixpkgs' attributes and phases (scripts/setup), built by the host's
# bash with the host's PATH. Nothing is patched for the store but the first lines of scripts: what is compiled uses the
# host's C library and compilers as they are.
{
  bash,
  host,
  lib,
  # The host's C compiler as a package; only forced by who asks for stdenv.cc.
  cc,
}:
let
  scripts = builtins.path {
    name = "host-stdenv";
    path = ./scripts;
  };

  platform = import ./platform.nix host.system;

  # Attributes that describe the package, or the call, and are none of the build's.
  descriptive = [
    "env"
    "meta"
    "passthru"
    "pos"
    "checkInputs"
    "nativeCheckInputs"
    "depsBuildBuild"
    "finalPackage"
    "overrideAttrs"
  ];

  inputList = inputs: builtins.filter (input: input != null) (lib.flatten inputs);

  nameOf =
    attrs:
    attrs.name or (
      if attrs ? pname && attrs ? version then
        "${attrs.pname}-${attrs.version}"
      else
        throw "stdenv.mkDerivation: neither name nor pname and version are given"
    );

  # The attributes of the derivation itself.
  derivationAttrs =
    attrs:
    let
      ifChecked = inputs: lib.optionals (attrs.doCheck or false || attrs.doInstallCheck or false) inputs;
    in
    if attrs.__structuredAttrs or false then
      throw "stdenv.mkDerivation: ${nameOf attrs}: __structuredAttrs is not supported by the host packages; add the nixpkgs channel"
    else
      removeAttrs attrs descriptive
      // attrs.env or { }
      // {
        # nixpkgs does this to every name, and models count on it: an empty one becomes "unknown".
        name = lib.sanitizeDerivationName (nameOf attrs);
        system = attrs.system or host.system;
        builder = attrs.realBuilder or bash;
        args = attrs.args or [
          "-e"
          (attrs.builder or "${scripts}/default-builder.sh")
        ];
        stdenv = scripts;
        hostPath = host.searchPath;
        buildInputs = inputList [
          (attrs.buildInputs or [ ])
          (ifChecked (attrs.checkInputs or [ ]))
        ];
        nativeBuildInputs = inputList [
          (attrs.depsBuildBuild or [ ])
          (attrs.nativeBuildInputs or [ ])
          (ifChecked (attrs.nativeCheckInputs or [ ]))
        ];
        propagatedBuildInputs = inputList (attrs.propagatedBuildInputs or [ ]);
        propagatedNativeBuildInputs = inputList (attrs.propagatedNativeBuildInputs or [ ]);
        # One environment variable holds at most 128 KiB.
        passAsFile = attrs.passAsFile or [ ] ++ lib.optional (attrs ? buildCommand) "buildCommand";
        __ignoreNulls = true;
        # No binary cache has what was built from this host's programs, and each question costs time.
        allowSubstitutes = attrs.allowSubstitutes or false;
        preferLocalBuild = attrs.preferLocalBuild or true;
      };

  # `attrsOf` gets the final attributes, after every overrideAttrs, and the package as `finalPackage`.
  build =
    attrsOf:
    let
      attrs = attrsOf (
        attrs
        // {
          finalPackage = package;
          inherit (package) overrideAttrs;
        }
      );
      base = derivation (derivationAttrs attrs);
      extra = {
        meta = attrs.meta or { };
        passthru = attrs.passthru or { };
        overrideAttrs = change: build (lib.extends (lib.toExtension change) attrsOf);
      }
      // attrs.passthru or { };
      package =
        base
        // lib.genAttrs (attrs.outputs or [ "out" ]) (
          output: base.${output} // extra // { outputSpecified = true; }
        )
        // extra;
    in
    package;

  # mkDerivation { … } or mkDerivation (finalAttrs: { … })
  mkDerivation = given: build (lib.toFunction given);

  stdenv = {
    name = "stdenv-host";
    inherit cc lib mkDerivation;
    inherit (host) system;
    shell = bash;
    # "${stdenv}/setup" is what a builder of one's own sources.
    outPath = scripts;
    buildPlatform = platform;
    hostPlatform = platform;
    targetPlatform = platform;
    inherit (platform)
      is32bit
      is64bit
      isAarch32
      isAarch64
      isBSD
      isCygwin
      isDarwin
      isFreeBSD
      isLinux
      isi686
      isx86_32
      isx86_64
      ;
    # There is one environment; choices of compiler or libc are the host's.
    override = _: stdenv;
  };
in
stdenv
