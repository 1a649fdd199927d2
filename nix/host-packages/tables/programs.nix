# Packages whose name in nixpkgs is not the name of their program, that hold more than their program's owner does, or
# whose Debian package has another name. Fields of an entry, all but the first optional:
#   program      the program that the package is about, or several of which one will do (the first found is the main one)
#   debian       the Debian package that brings it; null when Debian 12 has none
#   directories  looked in before the host's program directories; when the program is found in one of them, the package
#                holds all of that directory's programs
#   also         further programs, as far as the host has them: what nixpkgs' package holds and the owner may not
#   family       a prefix: all programs beside the one found whose names begin so; what no distribution's package owns
#                (in /usr/local) has no other company
#   beside       a program: where that is found first on the caller's PATH is looked first of all, since both have to fit
#   siblings     programs that are taken along as far as they are where the program is found
#   names        { NAME = program; } further names of programs
#   wrappers     { NAME = shell commands; } programs that do something before they become the host's; the commands may
#                change the arguments (`set -- …`) and the environment
#   links        { PATH-IN-PACKAGE = path or paths of the host, the first that exists }
#   withOwner    false: the program alone, not all that its distribution's package holds
#   mainProgram  what lib.getExe runs, when it is not the program found
#   header, debianDev   the header that the `dev` output stands for, and the Debian package that brings it
#   passthru     package: { further attributes }
{ host }:
let
  postgresqlDirectories = host.versionsBelow "/usr/lib/postgresql" "/bin";

  java = {
    program = "java";
    debian = "default-jre-headless";
    also = [
      "jar"
      "jarsigner"
      "javac"
      "javadoc"
      "jcmd"
      "jdb"
      "jdeps"
      "jlink"
      "jmap"
      "jps"
      "jshell"
      "jstack"
      "jstat"
      "keytool"
    ];
  };
  jdk = java // {
    program = "javac";
    debian = "default-jdk-headless";
    also = java.also ++ [ "java" ];
    mainProgram = "java";
  };

  tomcatHomes = [
    "/usr/share/tomcat10"
    "/usr/share/tomcat9"
  ];
  tomcatApplication = name: map (home: "${home}-${name}") tomcatHomes;
  # nixpkgs' tomcat is the whole server directory, with the default applications in an output of their own.
  tomcat = {
    program = "catalina.sh";
    debian = "tomcat10";
    directories = map (home: "${home}/bin") tomcatHomes;
    links = {
      # As it was packaged. What is in /etc/tomcat10 is the machine's own server, with passwords that others cannot read.
      conf = map (home: "${home}/etc") tomcatHomes;
      lib = map (home: "${home}/lib") tomcatHomes;
      "webapps/ROOT" = tomcatApplication "root/default_root";
      "webapps/docs" = tomcatApplication "docs/docs";
      "webapps/examples" = tomcatApplication "examples/examples";
      "webapps/host-manager" = tomcatApplication "admin/host-manager";
      "webapps/manager" = tomcatApplication "admin/manager";
    };
    passthru = package: { webapps = package; };
  };

  apacheModules = [
    "/usr/lib/apache2/modules"
    "/usr/lib/httpd/modules"
    "/usr/lib64/httpd/modules"
    "/usr/lib/apache2"
  ];
  # nixpkgs' httpd loads every module from a file. What Debian compiles in has none, and httpd refuses to load it. So it
  # gets the configuration without these lines: in a file without a name, which it can read again at a graceful restart.
  withoutBuiltInModules = ''
    config=
    for ((n = 1; n <= $#; n++)); do
        case "''${!n}" in
            -f) at=$((n + 1)) config=''${!at-} ;;
            -f?*) at=$n config=''${!n#-f} ;;
        esac
    done
    if [[ -r $config && -e /proc/self/fd ]]; then
        builtIn=
        while read -r line; do
            case $line in mod_*.c) line=''${line%.c} builtIn="$builtIn''${builtIn:+|}''${line#mod_}" ;; esac
        done < <("$program" -l)
        line="^[[:space:]]*LoadModule[[:space:]]+($builtIn)_module[[:space:]]"
        if [[ -n $builtIn ]] && PATH=$hostPath grep -Eiq "$line" "$config"; then
            copy=$(PATH=$hostPath mktemp)
            PATH=$hostPath sed -E "s/$line/# is built in: &/I" "$config" >"$copy"
            exec 9<"$copy"
            PATH=$hostPath rm "$copy"
            [[ ''${!at} != -f* ]] || prefix=-f
            set -- "''${@:1:at-1}" "''${prefix-}/proc/self/fd/9" "''${@:at+1}"
        fi
    fi
  '';
  phpModules = builtins.concatMap (
    directory:
    map (name: "${directory}/${name}") (
      builtins.filter (name: builtins.match "libphp[0-9.]*\\.so" name != null) (host.namesIn directory)
    )
  ) apacheModules;

  # nixpkgs' dockerd has these on its PATH.
  withHostPath = ''
    export PATH="''${PATH:+$PATH:}${host.searchPath}"
  '';

  # Both servers are at home under the other's name in nixpkgs and in Debian.
  mariadb = {
    program = [
      "mariadbd"
      "mysqld"
    ];
    debian = "mariadb-server";
    also = [
      "mariadb"
      "mariadb-admin"
      "mariadb-dump"
      "mariadb-install-db"
      "my_print_defaults"
      "mysql"
      "mysql_install_db"
      "mysqladmin"
      "mysqld_safe"
      "mysqldump"
      "resolveip"
    ];
    names.mysqld = "mariadbd";
    wrappers = {
      mariadb-install-db = withoutMysqlDefaults;
      mariadbd = withoutMysqlDefaults;
      mysql_install_db = withoutMysqlDefaults;
      mysqld = withoutMysqlDefaults;
    };
  };
  # /etc/mysql configures the one server of the distribution: its PID file, socket and addresses would be those of every
  # instance. The option counts only as the first argument (mariadbd(8)).
  withoutMysqlDefaults = ''
    case "''${1-}" in
        --no-defaults | --defaults-*) ;;
        *) set -- --no-defaults "$@" ;;
    esac
  '';
in
{
  # Web servers and what stands behind them
  nginx = {
    program = "nginx";
    debian = "nginx-light";
    # nixpkgs' nginx has conf/mime.types and its like.
    links.conf = [
      "/etc/nginx"
      "/usr/local/etc/nginx"
    ];
  };
  apacheHttpd = {
    program = [
      "apache2"
      "httpd"
    ];
    debian = "apache2";
    also = [
      "ab"
      "apachectl"
      "htdigest"
      "htpasswd"
      "rotatelogs"
    ];
    names.httpd = "apache2";
    wrappers = {
      apache2 = withoutBuiltInModules;
      httpd = withoutBuiltInModules;
    };
    links = {
      modules = apacheModules;
      # What Debian's httpd looks for in the ServerRoot unless a model says TypesConfig.
      "mime.types" = "/etc/mime.types";
      conf = [
        "/etc/apache2"
        "/etc/httpd/conf"
      ];
    };
    mainProgram = "httpd";
  };
  lighttpd = {
    program = "lighttpd";
    debian = "lighttpd";
  };
  caddy = {
    program = "caddy";
    debian = "caddy";
  };
  varnish = {
    program = "varnishd";
    debian = "varnish";
  };
  php = {
    program = "php";
    debian = "php-cli";
    links = {
      "etc/php.ini" =
        host.versionsBelow "/etc/php" "/apache2/php.ini"
        ++ host.versionsBelow "/etc/php" "/cli/php.ini"
        ++ [ "/etc/php.ini" ];
      "modules/libphp.so" = phpModules;
    };
    passthru = package: { phpIni = "${package}/etc/php.ini"; };
  };
  inherit tomcat;
  tomcat9 = tomcat;
  tomcat10 = tomcat;

  # Databases
  postgresql = {
    program = "postgres";
    debian = "postgresql";
    directories = postgresqlDirectories;
    also = [
      "psql"
      "pg_dump"
      "pg_dumpall"
      "pg_restore"
      "createdb"
      "createuser"
      "dropdb"
      "dropuser"
    ];
    header = "postgresql/libpq-fe.h";
    debianDev = "libpq-dev";
  };
  inherit mariadb;
  mongodb = {
    program = "mongod";
    debian = null;
    also = [
      "mongo"
      "mongos"
      "mongosh"
    ];
  };
  influxdb = {
    program = "influxd";
    debian = "influxdb";
    also = [ "influx" ];
  };
  redis = {
    program = "redis-server";
    debian = "redis-server";
    also = [
      "redis-cli"
      "redis-sentinel"
    ];
  };
  memcached = {
    program = "memcached";
    debian = "memcached";
  };
  sqlite = {
    program = "sqlite3";
    debian = "sqlite3";
    header = "sqlite3.h";
    debianDev = "libsqlite3-dev";
  };

  # Other services
  openssh = {
    program = [
      "sshd"
      "ssh"
    ];
    debian = "openssh-server";
    also = [
      "scp"
      "sftp"
      "ssh-add"
      "ssh-agent"
      "ssh-copy-id"
      "ssh-keygen"
      "ssh-keyscan"
    ];
    # The directory that Debian's sshd goes into before a login; the distribution's unit makes it at each boot.
    wrappers.sshd = ''
      [ "$EUID" != 0 ] || PATH=$hostPath mkdir -p -m 0755 /run/sshd
    '';
    links = {
      "libexec/sftp-server" = [
        "/usr/lib/openssh/sftp-server"
        "/usr/libexec/openssh/sftp-server"
        "/usr/libexec/sftp-server"
      ];
    };
    mainProgram = "ssh";
  };
  dbus = {
    program = "dbus-daemon";
    debian = "dbus";
    also = [
      "dbus-launch"
      "dbus-monitor"
      "dbus-send"
      "dbus-uuidgen"
    ];
  };
  docker = {
    program = [
      "docker"
      "dockerd"
    ];
    debian = "docker.io";
    also = [
      "containerd"
      "containerd-shim-runc-v2"
      "ctr"
      "docker-init"
      "docker-proxy"
      "runc"
    ];
    wrappers.dockerd = withHostPath;
  };
  podman = {
    program = "podman";
    debian = "podman";
  };
  fcron = {
    program = "fcron";
    debian = null;
    also = [
      "fcrontab"
      "fcrondyn"
    ];
  };
  cron = {
    program = "cron";
    debian = "cron";
    also = [ "crontab" ];
  };
  xinetd = {
    program = "xinetd";
    debian = "xinetd";
  };
  vsftpd = {
    program = "vsftpd";
    debian = "vsftpd";
    # Debian's waits for inetd unless its configuration says `listen`, or goes into the background; as it is published, it
    # serves alone and in the foreground (vsftpd.conf(5)).
    wrappers.vsftpd = ''
      listen=-olisten=YES
      for file in "$@"; do
          if [ -f "$file" ] && PATH=$hostPath grep -Eq '^listen(_ipv6)?=' "$file"; then listen=; fi
      done
      set -- ''${listen:+"$listen"} "$@" -obackground=NO
    '';
  };
  subversion = {
    program = "svnserve";
    debian = "subversion";
    mainProgram = "svn";
  };
  nncp = {
    program = "nncp-daemon";
    debian = "nncp";
  };
  yggdrasil = {
    program = "yggdrasil";
    debian = "yggdrasil";
  };
  zerotierone = {
    program = "zerotier-one";
    debian = null;
  };
  rsyslog = {
    program = "rsyslogd";
    debian = "rsyslog";
  };
  postfix = {
    program = "postfix";
    debian = "postfix";
  };
  bind = {
    program = "named";
    debian = "bind9";
    also = [
      "dig"
      "host"
      "nslookup"
      "rndc"
    ];
  };
  dnsutils = {
    program = "dig";
    debian = "dnsutils";
    also = [
      "host"
      "nslookup"
    ];
  };
  dnsmasq = {
    program = "dnsmasq";
    debian = "dnsmasq-base";
  };
  haproxy = {
    program = "haproxy";
    debian = "haproxy";
  };
  rabbitmq-server = {
    program = "rabbitmq-server";
    debian = "rabbitmq-server";
  };
  mosquitto = {
    program = "mosquitto";
    debian = "mosquitto";
  };
  prometheus = {
    program = "prometheus";
    debian = "prometheus";
  };
  nix = {
    program = "nix-store";
    debian = "nix-bin";
    also = [
      "nix"
      "nix-daemon"
    ];
    mainProgram = "nix";
  };
  hydra-unstable = {
    program = "hydra-server";
    debian = null;
  };
  disnix = {
    program = "disnix-service";
    debian = null;
    family = "disnix-";
  };
  dysnomia = {
    program = "dysnomia";
    debian = null;
    family = "dysnomia-";
  };

  # Process managers and what they are built from
  sysvinit = {
    program = [
      "killall5"
      "pidof"
    ];
    debian = "sysvinit-utils";
    also = [
      "pidof"
      "start-stop-daemon"
      "init"
      "telinit"
      "runlevel"
      "shutdown"
      "halt"
      "poweroff"
      "reboot"
      "mesg"
      "wall"
      "last"
    ];
    mainProgram = "pidof";
  };
  daemon = {
    program = "daemon";
    debian = "daemon";
  };
  s6 = {
    program = "s6-svscan";
    debian = "s6";
    family = "s6-";
    beside = "s6-rc";
  };
  s6-rc = {
    program = "s6-rc";
    debian = null;
    family = "s6-rc-";
    beside = "s6-rc";
  };
  s6-linux-init = {
    program = "s6-linux-init";
    debian = null;
    family = "s6-linux-init-";
  };
  execline = {
    program = "execlineb";
    debian = "execline";
    # Debian keeps commands with names such as "if" and "exit" out of everybody's PATH.
    directories = [ "/usr/lib/execline/bin" ];
    beside = "s6-rc";
    siblings = [
      "background"
      "backtick"
      "case"
      "cd"
      "define"
      "dollarat"
      "elgetopt"
      "elgetpositionals"
      "elglob"
      "eltest"
      "emptyenv"
      "envfile"
      "exec"
      "execline-cd"
      "execline-umask"
      "exit"
      "export"
      "export-array"
      "fdblock"
      "fdclose"
      "fdmove"
      "fdreserve"
      "fdswap"
      "forbacktickx"
      "foreground"
      "forstdin"
      "forx"
      "getcwd"
      "getpid"
      "heredoc"
      "homeof"
      "if"
      "ifelse"
      "ifte"
      "ifthenelse"
      "importas"
      "loopwhilex"
      "multidefine"
      "multisubstitute"
      "pipeline"
      "piperw"
      "posix-cd"
      "posix-umask"
      "redirfd"
      "runblock"
      "shift"
      "trap"
      "tryexec"
      "umask"
      "unexport"
      "wait"
      "withstdinas"
    ];
  };
  runit = {
    program = "runsv";
    debian = "runit";
  };
  openrc = {
    program = "openrc";
    debian = "openrc";
  };
  dinit = {
    program = "dinit";
    debian = null;
    also = [ "dinitctl" ];
  };
  systemd = {
    program = "systemctl";
    debian = "systemd";
    also = [
      "systemd-cat"
      "systemd-notify"
      "systemd-run"
    ];
    header = "systemd/sd-daemon.h";
    debianDev = "libsystemd-dev";
  };
  tini = {
    program = "tini";
    debian = "tini";
  };
  catatonit = {
    program = "catatonit";
    debian = "catatonit";
  };
  dumb-init = {
    program = "dumb-init";
    debian = "dumb-init";
  };
  supervisor = {
    program = "supervisord";
    debian = "supervisor";
    also = [
      "pidproxy"
      "supervisorctl"
    ];
  };

  # The shell's company
  bash = {
    program = "bash";
    debian = "bash";
    names.sh = "bash";
  };
  coreutils = {
    program = "ls";
    debian = "coreutils";
    also = [
      "["
      "basename"
      "cat"
      "chgrp"
      "chmod"
      "chown"
      "chroot"
      "cp"
      "cut"
      "date"
      "dd"
      "df"
      "dirname"
      "du"
      "echo"
      "env"
      "expr"
      "false"
      "head"
      "id"
      "install"
      "kill"
      "link"
      "ln"
      "logname"
      "md5sum"
      "mkdir"
      "mkfifo"
      "mknod"
      "mktemp"
      "mv"
      "nice"
      "nohup"
      "nproc"
      "od"
      "paste"
      "printenv"
      "printf"
      "pwd"
      "readlink"
      "realpath"
      "rm"
      "rmdir"
      "seq"
      "sha256sum"
      "shuf"
      "sleep"
      "sort"
      "split"
      "stat"
      "stty"
      "sync"
      "tac"
      "tail"
      "tee"
      "test"
      "timeout"
      "touch"
      "tr"
      "true"
      "truncate"
      "tty"
      "uname"
      "uniq"
      "unlink"
      "wc"
      "who"
      "whoami"
      "yes"
    ];
  };
  gnused = {
    program = "sed";
    debian = "sed";
  };
  gnugrep = {
    program = "grep";
    debian = "grep";
    also = [
      "egrep"
      "fgrep"
    ];
  };
  gawk = {
    program = "gawk";
    debian = "gawk";
    names.awk = "gawk";
  };
  mawk = {
    program = "mawk";
    debian = "mawk";
    names.awk = "mawk";
  };
  gnutar = {
    program = "tar";
    debian = "tar";
  };
  gnumake = {
    program = "make";
    debian = "make";
  };
  gnupatch = {
    program = "patch";
    debian = "patch";
  };
  gnum4 = {
    program = "m4";
    debian = "m4";
  };
  gzip = {
    program = "gzip";
    debian = "gzip";
    also = [
      "gunzip"
      "zcat"
    ];
  };
  bzip2 = {
    program = "bzip2";
    debian = "bzip2";
  };
  xz = {
    program = "xz";
    debian = "xz-utils";
  };
  findutils = {
    program = "find";
    debian = "findutils";
    also = [ "xargs" ];
  };
  diffutils = {
    program = "diff";
    debian = "diffutils";
    also = [ "cmp" ];
  };
  which = {
    program = "which";
    debian = "debianutils";
  };
  less = {
    program = "less";
    debian = "less";
  };
  inetutils = {
    program = "hostname";
    debian = "hostname";
    also = [
      "dnsdomainname"
      "ftp"
      "ifconfig"
      "logger"
      "ping"
      "ping6"
      "telnet"
      "tftp"
      "traceroute"
      "whois"
    ];
    # Services name it so for xinetd.
    links."libexec/telnetd" = [
      "/usr/local/libexec/telnetd"
      "/usr/sbin/telnetd"
      "/usr/sbin/in.telnetd"
      "/usr/libexec/telnetd"
    ];
    links."libexec/tftpd" = [
      "/usr/local/libexec/tftpd"
      "/usr/sbin/in.tftpd"
      "/usr/sbin/tftpd"
      "/usr/libexec/tftpd"
    ];
  };
  util-linux = {
    program = "mount";
    debian = "util-linux";
    also = [
      "agetty"
      "blkid"
      "dmesg"
      "fallocate"
      "flock"
      "getopt"
      "hexdump"
      "kill"
      "logger"
      "losetup"
      "lsblk"
      "mountpoint"
      "nsenter"
      "runuser"
      "script"
      "setpriv"
      "setsid"
      "swapon"
      "taskset"
      "umount"
      "unshare"
      "uuidgen"
      "wall"
    ];
  };
  shadow = {
    program = "useradd";
    debian = "passwd";
    also = [
      "login"
      "newgrp"
      "nologin"
      "passwd"
      "su"
    ];
  };
  su = {
    program = "su";
    debian = "util-linux";
    # nixpkgs' su holds nothing else, and models put it on a PATH.
    withOwner = false;
  };
  procps = {
    program = "ps";
    debian = "procps";
    also = [
      "free"
      "kill"
      "pgrep"
      "pkill"
      "sysctl"
      "top"
      "uptime"
      "w"
      "watch"
    ];
  };
  psmisc = {
    program = "killall";
    debian = "psmisc";
  };
  kmod = {
    program = "kmod";
    debian = "kmod";
    also = [
      "insmod"
      "lsmod"
      "modprobe"
      "rmmod"
    ];
  };
  iproute2 = {
    program = "ip";
    debian = "iproute2";
  };
  iptables = {
    program = "iptables";
    debian = "iptables";
  };
  nettools = {
    program = "ifconfig";
    debian = "net-tools";
    also = [ "hostname" ];
  };
  iputils = {
    program = "ping";
    debian = "iputils-ping";
  };
  libcap = {
    program = "setcap";
    debian = "libcap2-bin";
    also = [ "getcap" ];
    header = "sys/capability.h";
    debianDev = "libcap-dev";
  };
  sudo = {
    program = "sudo";
    debian = "sudo";
  };
  git = {
    program = "git";
    debian = "git";
  };
  curl = {
    program = "curl";
    debian = "curl";
    header = "curl/curl.h";
    debianDev = "libcurl4-openssl-dev";
  };
  wget = {
    program = "wget";
    debian = "wget";
  };
  jq = {
    program = "jq";
    debian = "jq";
  };
  rsync = {
    program = "rsync";
    debian = "rsync";
  };
  socat = {
    program = "socat";
    debian = "socat";
  };
  netcat = {
    program = [
      "nc"
      "ncat"
    ];
    debian = "netcat-openbsd";
  };
  openssl = {
    program = "openssl";
    debian = "openssl";
    header = "openssl/ssl.h";
    debianDev = "libssl-dev";
  };
  gnupg = {
    program = "gpg";
    debian = "gnupg";
  };
  unzip = {
    program = "unzip";
    debian = "unzip";
  };
  zip = {
    program = "zip";
    debian = "zip";
  };
  file = {
    program = "file";
    debian = "file";
  };
  lsof = {
    program = "lsof";
    debian = "lsof";
  };
  strace = {
    program = "strace";
    debian = "strace";
  };
  gettext = {
    program = "envsubst";
    debian = "gettext-base";
    also = [ "msgfmt" ];
  };
  cacert = {
    program = "update-ca-certificates";
    debian = "ca-certificates";
    links."etc/ssl/certs/ca-bundle.crt" = [
      "/etc/ssl/certs/ca-certificates.crt"
      "/etc/pki/tls/certs/ca-bundle.crt"
    ];
  };

  # Languages and compilers
  gcc = {
    program = "gcc";
    debian = "gcc";
    also = [
      "ar"
      "as"
      "c++"
      "cc"
      "cpp"
      "g++"
      "ld"
      "nm"
      "objcopy"
      "objdump"
      "ranlib"
      "readelf"
      "size"
      "strings"
      "strip"
    ];
    passthru = package: {
      cc = package;
      isGNU = true;
      isClang = false;
    };
  };
  clang = {
    program = "clang";
    debian = "clang";
    also = [ "clang++" ];
    passthru = package: {
      cc = package;
      isGNU = false;
      isClang = true;
    };
  };
  binutils = {
    program = "ld";
    debian = "binutils";
  };
  pkg-config = {
    program = "pkg-config";
    debian = "pkg-config";
  };
  perl = {
    program = "perl";
    debian = "perl";
  };
  python2 = {
    program = "python2";
    debian = null;
  };
  ruby = {
    program = "ruby";
    debian = "ruby";
  };
  lua = {
    program = "lua";
    debian = "lua5.4";
  };
  nodejs = {
    program = "node";
    debian = "nodejs";
    also = [
      "npm"
      "npx"
    ];
  };
  go = {
    program = "go";
    debian = "golang-go";
  };
  jre = java;
  inherit jdk;
  guile = {
    program = "guile";
    debian = "guile-3.0";
  };
  tcl = {
    program = "tclsh";
    debian = "tcl";
  };
}
