# The builder of every derivation that names none of its own.
source "$stdenv/setup"
genericBuild
# A shell that ends in a program of the host may be replaced by it, and Nix kills what is left of a builder early;
# ending in a builtin avoids that race.
exit 0
