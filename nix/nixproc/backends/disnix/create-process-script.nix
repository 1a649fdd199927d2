# createProcessScript: a process described by the program that starts it, and by its PID file.
import ../../../framework-function.nix (evaluation: evaluation.directFunction { manager = "disnix"; })
