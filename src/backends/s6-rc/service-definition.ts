import type { ProfileFile } from '../backend.js';

/** Where a profile has its service definitions: the source that s6-rc-compile reads. */
export const sourceDirectory = 'etc/s6/sv';

/** A file of a definition that is not made of names and numbers, or the link to one. */
export type DefinitionFile =
  | { readonly kind: 'text'; readonly text: string; readonly executable: boolean }
  | { readonly kind: 'path'; readonly path: string };

/** A service definition directory (https://skarnet.org/software/s6-rc/s6-rc-compile.html, "Source format"). */
export interface ServiceDefinition {
  readonly name: string;
  readonly type: 'longrun' | 'oneshot' | 'bundle';
  readonly files: Readonly<Record<string, DefinitionFile>>;
  /** Files of lines. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Empty files, whose existence says it. */
  readonly flags: readonly string[];
  /** Directories of empty files, one for each name. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** The files of a definition, relative to the profile. */
export const definitionFiles = (definition: ServiceDefinition): readonly ProfileFile[] => {
  const { name, type, files, values, flags, lists } = definition;
  const directory = `${sourceDirectory}/${name}`;
  const plain = (path: string, text: string, executable = false): ProfileFile => ({
    kind: 'file',
    path: `${directory}/${path}`,
    text,
    executable,
  });
  return [
    plain('type', `${type}\n`),
    ...Object.entries(files).map(([path, file]): ProfileFile =>
      file.kind === 'path'
        ? { kind: 'link', path: `${directory}/${path}`, target: file.path }
        : plain(path, file.text, file.executable),
    ),
    ...Object.entries(values).map(([path, lines]) => plain(path, lines.map((line) => `${line}\n`).join(''))),
    ...flags.map((flag) => plain(flag, '')),
    ...Object.entries(lists).flatMap(([list, names]) =>
      [...new Set(names)].sort().map((entry) => plain(`${list}/${entry}`, '')),
    ),
  ];
};
