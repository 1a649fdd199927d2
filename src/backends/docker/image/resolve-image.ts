import type { Accounts } from '../../../credentials/accounts.js';
import { toStableJson, type JsonObject } from '../../../system/json.js';
import type { ActivationData, ArchivedImage, WrittenImage } from '../activation-data.js';
import { labels } from '../labels.js';
import { accountFiles, type AccountFiles } from './accounts.js';
import { architecture, sha256 } from './docker-archive.js';
import type { HostDirectories } from './host-directories.js';
import type { LayerEntry } from './layer.js';

/** Whom containers run as when nobody may become somebody else, and they would otherwise run as root. */
export interface Caller {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly homeDir: string;
}

/** What images depend on besides the model. */
export interface Machine {
  /** The path of the profile's link. */
  readonly profile: string;
  readonly accounts: Accounts;
  readonly caller: Caller | null;
  readonly hostDirectories: HostDirectories;
}

/** An image with everything that its bytes are made from. */
export type ResolvedImage = { readonly reference: string; readonly labels: Readonly<Record<string, string>> } & (
  | {
      readonly kind: 'written';
      readonly image: WrittenImage;
      readonly accounts: AccountFiles;
      readonly links: Readonly<Record<string, string>>;
      readonly data: ActivationData;
    }
  | { readonly kind: 'archive'; readonly image: ArchivedImage }
);

/**
 * Decides what an image consists of on this machine. Its name holds a hash of all of it: the same name is the same image,
 * and one that changes gets a name of its own.
 */
export const resolveImage = (
  data: ActivationData,
  { profile, accounts, caller, hostDirectories }: Machine,
): ResolvedImage => {
  const { image } = data;
  const own = { [labels.profile]: profile };
  const hashOf = (content: JsonObject): string => sha256(toStableJson({ format: 1, profile, ...content })).slice(0, 32);
  if (image.kind === 'archive') {
    const hash = hashOf({ archive: image.path, tag: image.tag });
    return { kind: 'archive', image, labels: own, reference: `localhost/nix-processmgmt-ts/archive:${hash}` };
  }
  const files = accountFiles(image, accounts, caller);
  const links = data.hostPrograms ? { ...image.links, ...hostDirectories.links } : image.links;
  const { shell, coreutils, store } = data;
  const builder = image.runAsRoot === '' ? {} : { shell, coreutils, store, mounts: hostDirectories.mounts };
  const hash = hashOf({
    architecture: architecture(),
    ...{ contents: image.contents, runAsRoot: image.runAsRoot, config: image.config },
    ...{ passwd: files.passwd, group: files.group, links, builder },
  });
  const tag = image.tag === 'latest' ? hash : `${image.tag}-${hash}`;
  return {
    kind: 'written',
    image,
    accounts: files,
    links,
    data,
    labels: own,
    reference: `localhost/${image.repository}:${tag}`,
  };
};

/** What every image has that we write: users and groups, and the directories that programs expect. */
export const systemEntries = ({
  accounts: { passwd, group },
  links,
}: Extract<ResolvedImage, { kind: 'written' }>): readonly LayerEntry[] => [
  { kind: 'directory', path: 'etc', mode: 0o755 },
  { kind: 'text', path: 'etc/passwd', text: passwd },
  { kind: 'text', path: 'etc/group', text: group },
  { kind: 'text', path: 'etc/nsswitch.conf', text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
  { kind: 'directory', path: 'root', mode: 0o700 },
  { kind: 'directory', path: 'run', mode: 0o755 },
  { kind: 'directory', path: 'tmp', mode: 0o1777 },
  { kind: 'directory', path: 'var', mode: 0o755 },
  { kind: 'directory', path: 'var/tmp', mode: 0o1777 },
  { kind: 'link', path: 'var/run', target: '../run' },
  ...Object.entries(links).map(([path, target]): LayerEntry => ({ kind: 'link', path, target })),
];
