args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).chainload-user
