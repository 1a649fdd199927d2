/** Something that will not work, found before anything is done. */
export interface Conflict {
  /** An `error` surely fails: a switch refuses it unless told otherwise. A `warning` is only told. */
  readonly severity: 'error' | 'warning';
  readonly kind: 'port' | 'pid-file' | 'socket' | 'directory' | 'name' | 'program' | 'self' | 'file' | 'account';
  /** The instances that are concerned. */
  readonly instances: readonly string[];
  /** What is wrong, why, and what to do about it: sentences without a final period. */
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}
