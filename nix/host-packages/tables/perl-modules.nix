# nixpkgs' names of Perl packages: the module's file below Perl's directories, and the Debian package that brings it.
builtins.mapAttrs
  (_: entry: {
    module = builtins.elemAt entry 0;
    debian = builtins.elemAt entry 1;
  })
  {
    CGI = [ "CGI.pm" "libcgi-pm-perl" ];
    DBDPg = [ "DBD/Pg.pm" "libdbd-pg-perl" ];
    DBDSQLite = [ "DBD/SQLite.pm" "libdbd-sqlite3-perl" ];
    DBDmysql = [ "DBD/mysql.pm" "libdbd-mysql-perl" ];
    DBI = [ "DBI.pm" "libdbi-perl" ];
    DateTime = [ "DateTime.pm" "libdatetime-perl" ];
    FCGI = [ "FCGI.pm" "libfcgi-perl" ];
    HTTPDaemon = [ "HTTP/Daemon.pm" "libhttp-daemon-perl" ];
    JSON = [ "JSON.pm" "libjson-perl" ];
    JSONXS = [ "JSON/XS.pm" "libjson-xs-perl" ];
    LWP = [ "LWP.pm" "libwww-perl" ];
    Mojolicious = [ "Mojolicious.pm" "libmojolicious-perl" ];
    Moose = [ "Moose.pm" "libmoose-perl" ];
    NetServer = [ "Net/Server.pm" "libnet-server-perl" ];
    Plack = [ "Plack.pm" "libplack-perl" ];
    TryTiny = [ "Try/Tiny.pm" "libtry-tiny-perl" ];
    URI = [ "URI.pm" "liburi-perl" ];
    XMLLibXML = [ "XML/LibXML.pm" "libxml-libxml-perl" ];
    XMLSimple = [ "XML/Simple.pm" "libxml-simple-perl" ];
    YAML = [ "YAML.pm" "libyaml-perl" ];
  }
