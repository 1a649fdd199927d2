import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs the builder of a profile's document, in the place of Nix and without the PATH of its first line. A link `newest` leads
 * to what came out.
 */
const nixBuild = (directory: string): string => `
document=$(sed -n 's/^ *documentDirectory = "\\(.*\\)";$/\\1/p')
out=$(mktemp -d '${directory}/profile.XXXXXX')
export out
sed 1d "$document/build.sh" >"$out.sh"
sh -e "$out.sh"
ln -sfn "$out" '${directory}/newest'
echo "$out"
`;

/** Knows of one unit, which runs, whatever it is asked. */
const systemctl = `
case "$*" in
  *list-units*) echo 'nix-process-application.service loaded active running An application' ;;
  *)
    cat <<PROPERTIES
Id=nix-process-application.service
LoadState=loaded
ActiveState=active
SubState=running
MainPID=1
Version=252
UnitPath=\${SYSTEMD_TARGET_DIR:-/etc/systemd/system}
PROPERTIES
    ;;
esac
`;

/**
 * Makes programs that our commands take for those of Nix and systemd, which a machine that builds this program need not
 * have. A model is a file of what its evaluation would print.
 *
 * @param directory where all that they use is
 * @returns the directory to be put on PATH
 */
export const makeStandIns = (directory: string): string => {
  const bin = join(directory, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, script] of Object.entries({
    'nix-instantiate': 'while [ "$1" != exprFile ]; do shift; done\ncat "$2"\n',
    // nix-env --profile LINK --set PATH, as if there were no other generation.
    'nix-env': 'ln -sfn "$4" "$2-1-link"\nln -sfn "$(basename "$2")-1-link" "$2"\n',
    'nix-store': 'exit 0\n',
    'nix-build': nixBuild(directory),
    systemctl,
  })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
};
