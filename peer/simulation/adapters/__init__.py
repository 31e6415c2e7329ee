"""Whatever kind of environment it is, as slots with inputs."""
