import type { Dice } from './dice.js';
import type { DeployedState } from './deployed-state.js';
import type { Template } from './profiles.js';
import type { Ending } from './run-tool.js';

/** What all cases of a run share. */
export interface Setting {
  /** One for each manager. */
  readonly templates: readonly Template[];
  readonly systemd: Template;
  /** What a deployment under systemd leaves. */
  readonly deployed: DeployedState;
  /** What Nix answers to the evaluation of a model, by manager; its own words, recorded. */
  readonly evaluations: Readonly<Record<string, string>>;
}

/** What came of one case. */
export interface Verdict {
  readonly endings: readonly Ending[];
  /** What is wrong beside how the commands ended; null for nothing. */
  readonly complaint: string | null;
}

/** One way to make trouble. */
export type Kind = (dice: Dice, setting: Setting) => Promise<Verdict>;
