args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).supervisord
