# All create functions of Synit.
import ../../../framework-function.nix (evaluation:

outer:

{
  createSynitDaemon = evaluation.inEvaluation ./create-synit-daemon.nix outer;
})
