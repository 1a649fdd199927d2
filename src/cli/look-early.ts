import { earlyLook, type EarlyLook } from '../activate/early-look.js';
import { lookAtCurrent } from '../activate/look-at-current.js';
import type { SessionSettings } from '../activate/sessions.js';
import type { ProfileLocation } from '../generations/profile-location.js';
import { answerTimeoutOf, jobsOf, managerOptions, timeoutsOf, type ActivationArguments } from './arguments.js';
import type { CommandContext } from './command.js';
import { sparedByTerminal } from './stop-signals.js';

/** What the command line says about how managers are talked to. */
export const sessionSettingsOf = (
  location: ProfileLocation,
  args: ActivationArguments,
  { env }: Pick<CommandContext, 'env'>,
): SessionSettings => ({
  profileName: location.name,
  profileLink: location.link,
  managerOptions: managerOptions(args),
  jobs: jobsOf(args),
  timeouts: timeoutsOf(args),
  answerTimeout: answerTimeoutOf(args, env),
  repair: args.repair === true,
});

/** For a switch to a model, which mostly is what runs already: what that does is asked while the model is evaluated. */
export const lookEarly = (location: ProfileLocation, args: ActivationArguments, context: CommandContext): EarlyLook =>
  earlyLook(() => lookAtCurrent(location, sessionSettingsOf(location, args, context), sparedByTerminal(context)));
