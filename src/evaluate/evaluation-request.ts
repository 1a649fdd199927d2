import type { ManagerName } from '../model/process-model.js';
import type { ManifestDirectories } from '../profile/manifest.js';
import { stateDirectories } from '../state/state-directories.js';

/** What the user can say about where state lives; absolute paths. What is not said is the model's choice. */
export interface EvaluationSettings {
  readonly stateDir?: string;
  readonly runtimeDir?: string;
  readonly logDir?: string;
  readonly tmpDir?: string;
  readonly cacheDir?: string;
  readonly spoolDir?: string;
  readonly lockDir?: string;
  readonly libDir?: string;
  readonly forceDisableUserChange?: boolean;
}

/** A model to evaluate. */
export interface EvaluationRequest {
  /** Absolute path of the model (processes.nix). */
  readonly exprFile: string;
  readonly manager: ManagerName;
  readonly settings: EvaluationSettings;
  /** Nix text of an attribute set of further arguments for the model. */
  readonly extraParams: string | null;
  /** What -I takes: PATH or NAME=PATH. */
  readonly includePaths: readonly string[];
  /** Use the programs of this machine even where <nixpkgs> is found. */
  readonly hostPackages: boolean;
  /** Never ask a binary cache. */
  readonly offline: boolean;
  readonly showTrace: boolean;
}

/** Every setting, for models that have no default of their own. */
export interface CompleteSettings extends ManifestDirectories {
  readonly forceDisableUserChange: boolean;
}

/** What the user said, and what follows from it. */
export const completeSettings = ({ forceDisableUserChange, ...directories }: EvaluationSettings): CompleteSettings => ({
  ...stateDirectories(directories, process.platform),
  forceDisableUserChange: forceDisableUserChange ?? false,
});
