import { profileItself, type ProfileFile } from '../backends/backend.js';
import { shellQuote } from '../backends/shared/shell-quote.js';
import { chunks, inOut, parentOf } from './builder-words.js';
import { linkCommands } from './link-commands.js';
import { toStableJson, type JsonObject } from '../system/json.js';
import type { OwnManifest, ProfileBuilder } from './manifest.js';
import { manifestPath } from './manifest-path.js';
import type { ReferenceScanner, StoreText } from './store-texts.js';

/** What nix/profile.nix builds a profile from. */
export interface ProfileDocument {
  readonly name: string;
  readonly shell: string;
  readonly shellReferences: readonly string[];
  readonly texts: readonly StoreText[];
  /** The builder: shell code that makes $out. */
  readonly script: string;
  /** Store paths that the script mentions, and the profile therefore keeps alive. */
  readonly references: readonly string[];
}

/**
 * The files by which nix/profile.nix gets a document, by name. The builder has one of its own: Nix takes as long to read it
 * from JSON as for all else.
 */
export const documentFiles = ({ script, ...document }: ProfileDocument): Readonly<Record<string, string>> => ({
  'profile.json': JSON.stringify(document),
  'build.sh': script,
});

type TextFile = Extract<ProfileFile, { kind: 'file' }>;

/** How many characters a text has to have for a program to be faster with it than the shell, which copies words several times. */
const longText = 50_000;

/** The longest text that is worth a program, and in which nothing has to be replaced: mostly the manifest, if any. */
const textForProgram = (texts: readonly TextFile[]): TextFile | null => {
  let longest: TextFile | null = null;
  for (const file of texts) {
    if (file.text.length >= (longest?.text.length ?? longText) && !file.text.includes(profileItself)) longest = file;
  }
  return longest;
};

/** A word of the builder that becomes a text, with the path of the profile where the text wants it. */
const textInOut = (text: string): string => text.split(profileItself).map(shellQuote).join('"$out"');

/**
 * The builder of a profile, in shell builtins as far as possible: printf writes the files, so that hundreds of them cost no
 * more than a few. Programs make the links meanwhile, and take one long text from behind the script.
 */
const builderScript = (files: readonly ProfileFile[], coreutils: string): string => {
  const directories = [...new Set(files.map(({ path }) => parentOf(path)))].sort();
  const texts = files.flatMap((file) => (file.kind === 'file' ? [file] : []));
  const executables = texts.filter(({ executable }) => executable);
  const appended = textForProgram(texts);
  const programs = [
    ...(appended === null ? [] : [`tail -c ${Buffer.byteLength(appended.text)} -- "$0" > ${inOut(appended.path)}`]),
    ...linkCommands(files.flatMap((file) => (file.kind === 'link' ? [file] : []))),
  ];
  const script = [
    `PATH=${shellQuote(`${coreutils}/bin`)}`,
    ...chunks(directories).map((some) => `mkdir -p ${some.map(inOut).join(' ')}`),
    // No word of it is a pattern.
    'set -f',
    // Nobody goes on writing into a profile that has failed.
    ...(programs.length === 0 ? [] : ['trap wait EXIT', '(', ...programs, ') &', 'programs=$!']),
    ...texts
      .filter((file) => file !== appended)
      .map(({ path, text }) => `printf %s ${textInOut(text)} > ${inOut(path)}`),
    ...(programs.length === 0 ? [] : ['wait "$programs"']),
    ...chunks(executables).map((some) => `chmod 555 ${some.map(({ path }) => inOut(path)).join(' ')}`),
    // A builder that ends in another program than the shell was seen killed by Nix 2.8 before its exit code arrived.
    'exit 0',
    '',
  ].join('\n');
  // Behind its end, where the shell does not read on.
  return `${script}${appended?.text ?? ''}`;
};

/** The manifest as a file of its profile. */
export const manifestFile = (manifest: OwnManifest): TextFile => ({
  kind: 'file',
  path: manifestPath,
  text: `${toStableJson(manifest as unknown as JsonObject)}\n`,
  executable: false,
});

/** Puts the files of a profile into one document. Pure: the same input gives the same bytes. */
export const profileDocument = ({
  name,
  builder,
  files,
  texts,
  scanner,
}: {
  readonly name: string;
  readonly builder: ProfileBuilder;
  readonly files: readonly ProfileFile[];
  readonly texts: readonly StoreText[];
  readonly scanner: ReferenceScanner;
}): ProfileDocument => {
  const script = builderScript(files, builder.coreutils);
  return {
    name,
    shell: builder.shell,
    shellReferences: scanner.scan(builder.shell),
    texts,
    script,
    references: scanner.scan(script),
  };
};
