import { defineCommand } from '../command.js';
import { activationOptions, messageOption, profileOption, ownOptions, withOptionsOf } from '../options.js';

const options = { ...profileOption, ...activationOptions, ...messageOption };

export const resume = defineCommand({
  command: 'resume',
  describe: 'Finish a switch that was interrupted or killed',
  builder: (yargs) => withOptionsOf(yargs, ownOptions).options(options).example('$0 resume', 'Go on where it ended'),
  run: async (args, context) => {
    const { withLock } = await import('../with-lock.js');
    const { resumeSwitch } = await import('../unfinished.js');
    await withLock('resume', args, context, (location) => resumeSwitch(location, args, context));
    return undefined;
  },
});

export const abort = defineCommand({
  command: 'abort',
  describe: 'Undo a switch that was interrupted or killed: run the current generation again',
  builder: (yargs) => withOptionsOf(yargs, ownOptions).options(options).example('$0 abort', 'Put back what ran before'),
  run: async (args, context) => {
    const { withLock } = await import('../with-lock.js');
    const { abortSwitch } = await import('../unfinished.js');
    await withLock('abort', args, context, (location) => abortSwitch(location, args, context));
    return undefined;
  },
});
