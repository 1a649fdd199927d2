args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).bsdrc
