# All create functions of OpenRC.
import ../../../framework-function.nix (evaluation:

outer:

{
  createOpenRCService = evaluation.inEvaluation ./create-openrc-service.nix outer;
})
