import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeJsonAtomically } from '../state/atomic-file.js';
import { errnoOf, explainFileError } from '../state/file-errors.js';
import { readRegularFile } from '../state/regular-file.js';
import { ActivationError } from '../system/errors.js';
import * as z from '../system/schema.js';

/**
 * Which accounts we made: only those may we remove. The number is the uid or gid; null while the account is being made,
 * so that one whose making was interrupted is still known to be ours.
 */
export interface AccountLedger {
  readonly users: Readonly<Record<string, number | null>>;
  readonly groups: Readonly<Record<string, number | null>>;
}

export const emptyLedger: AccountLedger = { users: {}, groups: {} };

const id = z.nullable(z.int().check(z.nonnegative()));
const ledgerDocument = z.object({
  formatVersion: z.literal(1),
  users: z.record(z.string(), id),
  groups: z.record(z.string(), id),
});

/** Where the ledger of a profile is, in its state directory (ProfileLocation.stateDirectory). */
export const ledgerFile = (directory: string): string => join(directory, 'accounts.json');

/**
 * @returns the empty ledger when there is none
 * @throws ActivationError naming the file when it cannot be read or understood
 */
export const readLedger = async (file: string): Promise<AccountLedger> => {
  let text: string;
  try {
    text = readRegularFile(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return emptyLedger;
    throw explainFileError(`The ledger of accounts ${file} cannot be read`, error);
  }
  try {
    const { users, groups } = ledgerDocument.parse(JSON.parse(text));
    return { users, groups };
  } catch (error) {
    throw new ActivationError(
      {
        what: `The ledger of accounts ${file} cannot be understood`,
        why: 'It was written by another version of the program, or it is damaged',
        fix: 'Restore it from a backup; or move it away, and remove accounts that are no longer needed by hand',
      },
      { cause: error },
    );
  }
};

/** @throws ActivationError naming the file; the old content is then untouched */
export const writeLedger = async (file: string, { users, groups }: AccountLedger): Promise<void> => {
  try {
    await mkdir(dirname(file), { recursive: true });
  } catch (error) {
    throw explainFileError(`The directory of ${file} cannot be made`, error);
  }
  await writeJsonAtomically(file, { formatVersion: 1, users, groups });
};

/** The ledger with one account more, or with another ID for it. */
export const withAccount = (
  ledger: AccountLedger,
  kind: keyof AccountLedger,
  name: string,
  accountId: number | null,
): AccountLedger => ({ ...ledger, [kind]: { ...ledger[kind], [name]: accountId } });

/** The ledger with one account less. */
export const withoutAccount = (ledger: AccountLedger, kind: keyof AccountLedger, name: string): AccountLedger => ({
  ...ledger,
  [kind]: Object.fromEntries(Object.entries(ledger[kind]).filter(([other]) => other !== name)),
});
