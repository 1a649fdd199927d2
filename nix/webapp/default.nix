# The web application of the examples: bin/webapp.
{ pkgs ? import ../default-packages.nix { system = builtins.currentSystem; } }:

pkgs.writeTextFile {
  name = "webapp";
  destination = "/bin/webapp";
  executable = true;
  text = "#!${pkgs.python3}/bin/python3\n${builtins.readFile ./webapp.py}";
}
