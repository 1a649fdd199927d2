args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).docker
