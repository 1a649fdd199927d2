import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const set = (value: string | undefined): string | null => (value === undefined || value === '' ? null : value);

/** Whether the machine's settings put the storage of ordinary users elsewhere; those for root are none of theirs. */
const movesStorageOfUsers = (file: string): boolean =>
  existsSync(file) && /^\s*rootless_storage_path\s*=/m.test(readFileSync(file, 'utf8'));

/**
 * Whether an ordinary user may have containers in Podman, as far as its files tell. To ask Podman itself would leave a
 * process of it running, its "pause process", which keeps the user's namespaces.
 *
 * Podman's storage (containers-storage.conf(5)) lists containers in DRIVER-containers/containers.json.
 */
export const mayHavePodmanContainers = (env: Environment): boolean => {
  const home = set(env['HOME']) ?? homedir();
  const configured = join(set(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'containers', 'storage.conf');
  // Storage may be elsewhere then, or another machine's.
  if (
    set(env['CONTAINERS_STORAGE_CONF']) !== null ||
    set(env['CONTAINER_HOST']) !== null ||
    existsSync(configured) ||
    movesStorageOfUsers('/etc/containers/storage.conf')
  )
    return true;
  const storage = join(set(env['XDG_DATA_HOME']) ?? join(home, '.local', 'share'), 'containers', 'storage');
  try {
    return readdirSync(storage)
      .filter((name) => name.endsWith('-containers'))
      .some((name) => {
        const list = join(storage, name, 'containers.json');
        return existsSync(list) && readFileSync(list, 'utf8').trim() !== '[]';
      });
  } catch {
    // Without the directory there is nothing in it; one that cannot be read is none of ours.
    return existsSync(storage);
  }
};
