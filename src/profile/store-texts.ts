import { createHash } from 'node:crypto';
import type { StorePath } from '../model/process-model.js';

/** A text that Nix will add to the store (builtins.toFile). */
export interface StoreText {
  readonly path: StorePath;
  readonly name: string;
  readonly text: string;
  /** Sorted store paths that the text refers to. */
  readonly references: readonly StorePath[];
}

/** The digits of Nix' own base-32 (it leaves out e, o, u and t). */
const digits = '0123456789abcdfghijklmnpqrsvwxyz';

/** Nix prints base-32 from the last bits to the first (nix/src/libutil/hash.cc calls it printHash32). */
const toBase32 = (bytes: Uint8Array): string => {
  let text = '';
  for (let n = Math.ceil((bytes.length * 8) / 5) - 1; n >= 0; n -= 1) {
    const bit = n * 5;
    const index = bit >> 3;
    const shift = bit & 7;
    const value = ((bytes[index] ?? 0) >> shift) | ((bytes[index + 1] ?? 0) << (8 - shift));
    text += digits[value & 31] ?? '';
  }
  return text;
};

/** A store path carries 160 bits: the SHA-256 folded by exclusive or. */
const fold = (hash: Uint8Array): Uint8Array => {
  const folded = new Uint8Array(20);
  hash.forEach((byte, index) => {
    folded[index % 20] = (folded[index % 20] ?? 0) ^ byte;
  });
  return folded;
};

const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * The path that `builtins.toFile name text` gives: it depends on name, text and references alone (Nix manual, "Complete
 * Store Path Calculation": a path of type text). Knowing it here lets units be rendered before anything is built.
 */
export const textStorePath = (
  storeDir: string,
  name: string,
  text: string,
  references: readonly StorePath[],
): StorePath => {
  const kind = ['text', ...references].join(':');
  const fingerprint = `${kind}:sha256:${sha256(text).toString('hex')}:${storeDir}:${name}`;
  return `${storeDir}/${toBase32(fold(sha256(fingerprint)))}-${name}` as StorePath;
};

/** Finds the store paths that texts refer to, among those that are known to exist. */
export class ReferenceScanner {
  readonly #known = new Set<string>();
  readonly #pattern: RegExp;

  constructor(storeDir: string, known: Iterable<string>) {
    for (const path of known) this.#known.add(path);
    const prefix = storeDir.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    this.#pattern = new RegExp(`${prefix}/[${digits}]{32}-[A-Za-z0-9+._?=-]+`, 'g');
  }

  add(path: string): void {
    this.#known.add(path);
  }

  /** Sorted, without repetitions. A path that the evaluation did not mention is mere text, as it is for Nix. */
  scan(text: string): readonly StorePath[] {
    const found = new Set<string>();
    for (const candidate of text.match(this.#pattern) ?? []) {
      // What follows a path may be one of the characters that names may have: "…-nginx.", "…-webapp=".
      for (let end = candidate.length; end > 0; end -= 1) {
        const path = candidate.slice(0, end);
        if (this.#known.has(path)) {
          found.add(path);
          break;
        }
      }
    }
    return [...found].sort() as StorePath[];
  }
}

/** Collects the texts of a profile; the same text under the same name is one store path. */
export class StoreTexts {
  readonly #texts = new Map<StorePath, StoreText>();
  readonly #storeDir: string;
  readonly #scanner: ReferenceScanner;

  constructor(storeDir: string, scanner: ReferenceScanner) {
    this.#storeDir = storeDir;
    this.#scanner = scanner;
  }

  /** @throws RangeError for a name that the store does not take (letters, digits and +._?=- up to 211 bytes, no leading dot). */
  add(name: string, text: string): StorePath {
    if (!/^[A-Za-z0-9+_?=-][A-Za-z0-9+._?=-]{0,210}$/.test(name)) throw new RangeError(`not a store name: ${name}`);
    const references = this.#scanner.scan(text);
    const path = textStorePath(this.#storeDir, name, text, references);
    this.#texts.set(path, { path, name, text, references });
    this.#scanner.add(path);
    return path;
  }

  /** In the order of addition, so that a text comes after those it refers to. */
  all(): readonly StoreText[] {
    return [...this.#texts.values()];
  }
}
