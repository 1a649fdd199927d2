args: import ./. (args // { mode = "daemon"; })
