# createProcessScript: a process described by the program that starts it, and by its PID file.
evaluation: evaluation.directFunction { manager = "disnix"; }
