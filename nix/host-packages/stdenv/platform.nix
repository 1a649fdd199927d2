# A platform as nixpkgs describes it, from the name of a system such as x86_64-linux.
system:
let
  parts = builtins.match "([^-]+)-(.+)" system;
  cpu = builtins.elemAt parts 0;
  kernel = builtins.elemAt parts 1;
  isOneOf = builtins.elem;
in
rec {
  inherit system;
  parsed = {
    cpu.name = cpu;
    kernel.name = kernel;
  };
  config = {
    linux = "${cpu}-unknown-linux-gnu";
    darwin = "${cpu}-apple-darwin";
  }.${kernel} or "${cpu}-unknown-${kernel}";

  isLinux = kernel == "linux";
  isDarwin = kernel == "darwin";
  isMacOS = isDarwin;
  isFreeBSD = kernel == "freebsd";
  isNetBSD = kernel == "netbsd";
  isOpenBSD = kernel == "openbsd";
  isBSD = isDarwin || isFreeBSD || isNetBSD || isOpenBSD;
  isCygwin = kernel == "cygwin";
  isWindows = kernel == "windows";
  isUnix = !isWindows;

  isx86_64 = cpu == "x86_64";
  isi686 = cpu == "i686";
  isx86_32 = isi686;
  isx86 = isx86_64 || isi686;
  isAarch64 = cpu == "aarch64";
  isAarch32 = isOneOf cpu [
    "armv5tel"
    "armv6l"
    "armv7l"
  ];
  isAarch = isAarch64 || isAarch32;
  isRiscV = isOneOf cpu [
    "riscv32"
    "riscv64"
  ];
  is64bit = isOneOf cpu [
    "aarch64"
    "loongarch64"
    "mips64el"
    "powerpc64"
    "powerpc64le"
    "riscv64"
    "s390x"
    "x86_64"
  ];
  is32bit = !is64bit;
  isStatic = false;

  linuxArch = { aarch64 = "arm64"; }.${cpu} or cpu;
  extensions = {
    sharedLibrary = if isDarwin then ".dylib" else ".so";
    staticLibrary = ".a";
    executable = "";
  };
  canExecute = other: other.system == system;
}
