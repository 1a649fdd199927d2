# createDockerContainer: a process described by the image and the parameters of a container.
evaluation: evaluation.directFunction { manager = "docker"; }
