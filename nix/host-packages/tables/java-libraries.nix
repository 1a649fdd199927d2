# Packages that are files alone, mostly of Java. Fields of an entry:
#   debian   the Debian packages that bring the files; null where Debian has nothing of the kind
#   links    { PATH-IN-PACKAGE = path of the host; }, all of which have to be there
#   warning  how what Debian has differs from what nixpkgs has under that name
let
  jars = "/usr/share/java";
in
{
  # MySQL's own driver is in no Debian.
  mysql_jdbc = {
    debian = "libmariadb-java";
    links = {
      "share/java/mysql-connector-j.jar" = "${jars}/mariadb-java-client.jar";
      "share/java/mysql-connector-java.jar" = "${jars}/mariadb-java-client.jar";
    };
    warning = "pkgs.mysql_jdbc is MariaDB's driver: it takes jdbc:mysql: URLs, and its class is org.mariadb.jdbc.Driver, not com.mysql.jdbc.Driver";
  };

  libmatthew_java = {
    debian = "libunixsocket-java libmatthew-debug-java libmatthew-io-java";
    links = {
      "lib/jni/libunix-java.so" = "/usr/lib/jni/libunix-java.so";
      "share/java/debug-disable.jar" = "${jars}/debug-disable.jar";
      "share/java/debug-enable.jar" = "${jars}/debug-enable.jar";
      "share/java/hexdump.jar" = "${jars}/hexdump.jar";
      "share/java/io.jar" = "${jars}/io.jar";
      "share/java/unix.jar" = "${jars}/unix.jar";
    };
  };

  dbus_java = {
    debian = "libdbus-java";
    links."share/java/dbus.jar" = "${jars}/dbus.jar";
  };

  DisnixWebService.debian = null;
}
