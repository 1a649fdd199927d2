# All create functions of runit.
import ../../../framework-function.nix (evaluation:

outer:

{
  createRunitService = evaluation.inEvaluation ./create-runit-service.nix outer;
})
