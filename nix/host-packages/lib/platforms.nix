# Lists of systems, as `meta.platforms` uses them.
let
  linux = map (cpu: "${cpu}-linux") [
    "aarch64"
    "armv5tel"
    "armv6l"
    "armv7l"
    "i686"
    "loongarch64"
    "mips64el"
    "mipsel"
    "powerpc64"
    "powerpc64le"
    "riscv32"
    "riscv64"
    "s390x"
    "x86_64"
  ];
  darwin = [
    "aarch64-darwin"
    "x86_64-darwin"
  ];
  freebsd = map (cpu: "${cpu}-freebsd") [
    "aarch64"
    "i686"
    "x86_64"
  ];
  openbsd = map (cpu: "${cpu}-openbsd") [
    "i686"
    "x86_64"
  ];
  netbsd = map (cpu: "${cpu}-netbsd") [
    "aarch64"
    "i686"
    "x86_64"
  ];
  cygwin = map (cpu: "${cpu}-cygwin") [
    "i686"
    "x86_64"
  ];
  illumos = [ "x86_64-solaris" ];
  unix = linux ++ darwin ++ freebsd ++ openbsd ++ netbsd ++ illumos ++ cygwin;
  withCpu = cpus: builtins.filter (system: builtins.elem (cpuOf system) cpus) unix;
  cpuOf = system: builtins.head (builtins.match "([^-]*)-.*" system);
in
{
  inherit
    cygwin
    darwin
    freebsd
    illumos
    linux
    netbsd
    openbsd
    unix
    ;
  all = unix;
  none = [ ];
  gnu = linux;
  allBut = excluded: builtins.filter (system: !(builtins.elem system excluded)) unix;
  x86_64 = withCpu [ "x86_64" ];
  x86 = withCpu [
    "i686"
    "x86_64"
  ];
  i686 = withCpu [ "i686" ];
  aarch64 = withCpu [ "aarch64" ];
  arm = withCpu [
    "armv5tel"
    "armv6l"
    "armv7l"
  ];
  riscv = withCpu [
    "riscv32"
    "riscv64"
  ];
}
