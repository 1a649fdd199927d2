# createDockerContainer: a process described by the image and the parameters of a container.
import ../../../framework-function.nix (evaluation: evaluation.directFunction { manager = "docker"; })
