# Other names of the same packages. Names that ask for a version are here only where public models cannot do without;
# which version there is, is the host's decision.
{
  apacheHttpd_2_4 = "apacheHttpd";
  bashInteractive = "bash";
  coreutils-full = "coreutils";
  hydra = "hydra-unstable";
  hydra_unstable = "hydra-unstable";
  jdk11 = "jdk";
  jdk17 = "jdk";
  jdk21 = "jdk";
  jdk8 = "jdk";
  jdk_headless = "jdk";
  jre8 = "jre";
  jre8_headless = "jre";
  jre_headless = "jre";
  mysql = "mariadb";
  mysql80 = "mariadb";
  net-tools = "nettools";
  nginxMainline = "nginx";
  nginxStable = "nginx";
  nixStable = "nix";
  nixUnstable = "nix";
  nodejs-slim = "nodejs";
  openjdk = "jdk";
  pkgconfig = "pkg-config";
  procps-ng = "procps";
  sqlite-interactive = "sqlite";
  utillinux = "util-linux";
  utillinuxMinimal = "util-linux";
  util-linuxMinimal = "util-linux";
}
