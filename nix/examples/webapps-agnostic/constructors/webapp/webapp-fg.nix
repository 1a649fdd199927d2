args: import ./. (args // { mode = "foreground"; })
