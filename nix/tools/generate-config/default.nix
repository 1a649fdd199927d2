args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).generate-config
