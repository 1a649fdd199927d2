# The model of an undeployment: no process instances, whatever it is called with.
{ ... }:
{ }
