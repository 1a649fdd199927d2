args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).launchd
