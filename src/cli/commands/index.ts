import type { Command } from '../command.js';
import { build } from './build.js';
import { evaluate } from './eval.js';
import { generateConfig } from './generate-config.js';
import { generations } from './generations.js';
import { idAssign } from './id-assign.js';
import { initState } from './init-state.js';
import { logs } from './logs.js';
import { plan } from './plan.js';
import { abort, resume } from './unfinished.js';
import { rollback } from './rollback.js';
import { runActivity } from './run-activity.js';
import { run } from './run.js';
import { reload, restart, start, stop } from './services.js';
import { status } from './status.js';
import { supervise } from './supervise.js';
import { switchCommand } from './switch.js';
import { test } from './test.js';
import { undeploy } from './undeploy.js';

/** Every command, in the order of --help. Only their options are loaded here: what they do is imported when they run. */
export const commands: readonly Command[] = [
  switchCommand,
  plan,
  build,
  undeploy,
  rollback,
  resume,
  abort,
  generations,
  status,
  start,
  stop,
  restart,
  reload,
  logs,
  run,
  test,
  supervise,
  runActivity,
  evaluate,
  generateConfig,
  idAssign,
  initState,
];
