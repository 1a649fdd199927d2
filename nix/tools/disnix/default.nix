args: (import ../. (removeAttrs args [ "stdenv" "getopt" ])).disnix
