# Libraries that packages are compiled against: the header that shows that the host has the development files, and the
# Debian package that brings them. Fields as in programs.nix.
builtins.mapAttrs
  (_: entry: {
    header = builtins.elemAt entry 0;
    debian = builtins.elemAt entry 1;
  })
  {
    boost = [ "boost/version.hpp" "libboost-dev" ];
    expat = [ "expat.h" "libexpat1-dev" ];
    fcgi = [ "fcgiapp.h" "libfcgi-dev" ];
    glib = [ "glib-2.0/glib.h" "libglib2.0-dev" ];
    gmp = [ "gmp.h" "libgmp-dev" ];
    hiredis = [ "hiredis/hiredis.h" "libhiredis-dev" ];
    jansson = [ "jansson.h" "libjansson-dev" ];
    json_c = [ "json-c/json.h" "libjson-c-dev" ];
    libcurl = [ "curl/curl.h" "libcurl4-openssl-dev" ];
    libev = [ "ev.h" "libev-dev" ];
    libevent = [ "event2/event.h" "libevent-dev" ];
    libmicrohttpd = [ "microhttpd.h" "libmicrohttpd-dev" ];
    libmysqlclient = [ "mariadb/mysql.h" "libmariadb-dev" ];
    libpq = [ "postgresql/libpq-fe.h" "libpq-dev" ];
    libsodium = [ "sodium.h" "libsodium-dev" ];
    libuv = [ "uv.h" "libuv1-dev" ];
    libxml2 = [ "libxml2/libxml/parser.h" "libxml2-dev" ];
    libxslt = [ "libxslt/xslt.h" "libxslt1-dev" ];
    libyaml = [ "yaml.h" "libyaml-dev" ];
    ncurses = [ "ncurses.h" "libncurses-dev" ];
    pcre = [ "pcre.h" "libpcre3-dev" ];
    pcre2 = [ "pcre2.h" "libpcre2-dev" ];
    readline = [ "readline/readline.h" "libreadline-dev" ];
    zeromq = [ "zmq.h" "libzmq3-dev" ];
    zlib = [ "zlib.h" "zlib1g-dev" ];
  }
