args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).common
