args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).systemd
