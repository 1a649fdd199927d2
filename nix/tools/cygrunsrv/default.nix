args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).cygrunsrv
