args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).s6-rc
