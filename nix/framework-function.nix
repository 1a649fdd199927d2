# What a file of nix/nixproc consists of that stands for a function of the framework. `implement` makes the function
# from what belongs to an evaluation (evaluation.nix).
#
# nix/redirect.nix asks for the function of the model's evaluation. Whoever imports the file without us gets a function
# whose every call is an evaluation of its own (stand-alone.nix).
implement: outer:

if outer ? modelEvaluation then
  implement outer.modelEvaluation
else
  implement (import ./stand-alone.nix outer) outer
