args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).sysvinit
