args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).idassign
