import { access } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Scope } from './scope.js';
import type { UnitSearch } from './unit-search.js';

/** What an operator has done to units, a sentence each. */
export const remarksAboutUnits = (names: readonly string[], search: UnitSearch): readonly string[] =>
  names.flatMap((name) => {
    const hidden = search.hiddenBy(name);
    const hiding =
      hidden === null
        ? []
        : [
            hidden.isMask
              ? `${name} is masked by ${hidden.path}, and stays so: it is not started (systemctl unmask ${name})`
              : `${name} is hidden by ${hidden.path}, which is not ours and stays: it is not started`,
          ];
    const changes = search.dropIns(name).map((file) => `${name} is changed by ${file}, which is not ours and stays`);
    return [...hiding, ...changes];
  });

const userName = (): string | null => {
  try {
    return userInfo().username;
  } catch {
    // No account has this ID.
    return null;
  }
};

/** A user's systemd ends with their last session, and is not there after a boot, unless they linger (loginctl(1)). */
export const remarksAboutLingering = async ({ kind }: Scope): Promise<readonly string[]> => {
  const user = userName();
  if (kind === 'system' || user === null) return [];
  const lingers = await access(`/var/lib/systemd/linger/${user}`).then(
    () => true,
    () => false,
  );
  if (lingers) return [];
  return [
    `your processes end when you log out, and do not start at boot, until root says: loginctl enable-linger ${user}`,
  ];
};
