import { readdirSync, readFileSync, readlinkSync, symlinkSync, mkdirSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createMachine, type Machine } from './machine.js';
import { placeholder, type Template } from './profiles.js';
import { runTool } from './run-tool.js';
import { createWorld, type World } from './world.js';

interface SavedFile {
  readonly path: string;
  readonly text: string;
  readonly kind: 'file' | 'link';
}

/** What a switch to version `a` leaves on a machine whose manager is systemd, and what it had written down on the way. */
export interface DeployedState {
  readonly files: readonly SavedFile[];
  readonly active: readonly string[];
  /** The journal as it was when each thing was done, with the profile's directory as the placeholder. */
  readonly journals: readonly string[];
  /** A lock that was held. */
  readonly lock: string;
}

const filesBelow = (root: string, under: string): readonly string[] =>
  readdirSync(join(root, under), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(root, join(under, entry.name)) : [join(under, entry.name)],
  );

const save = ({ directory }: World): readonly SavedFile[] =>
  ['profiles', 'config'].flatMap((under) =>
    filesBelow(directory, under).map((path): SavedFile => {
      const file = join(directory, path);
      let text: string;
      let kind: SavedFile['kind'] = 'link';
      try {
        text = readlinkSync(file);
      } catch {
        text = readFileSync(file, 'utf8');
        kind = 'file';
      }
      return { path, text: text.replaceAll(directory, placeholder), kind };
    }),
  );

/** Deploys version `b`, then `a`, with the program itself. @throws Error when that does not work: then nothing can be tried */
export const deployOnce = async (template: Template): Promise<DeployedState> => {
  const world = createWorld(template, null);
  const journals = new Set<string>();
  let lock = '';
  try {
    const machine = createMachine(world);
    for (const version of ['b', 'a'] as const) {
      const { exitCode, stderr } = await runTool(['switch', world.profileOf(version)], world.env, (request) => {
        const journal = join(world.stateDirectory, 'unfinished', 'journal');
        if (existsSync(journal)) journals.add(readFileSync(journal, 'utf8').replaceAll(world.directory, placeholder));
        const held = join(world.stateDirectory, 'lock');
        if (existsSync(held)) lock = readFileSync(held, 'utf8');
        return machine.run(request);
      });
      if (exitCode !== 0) throw new Error(`the first deployment fails: ${stderr}`);
    }
    if (journals.size === 0 || lock === '') throw new Error('no journal or no lock was seen');
    return { files: save(world), active: [...machine.systemd.active], journals: [...journals], lock };
  } finally {
    world.remove();
  }
};

/** Makes the machine of a case one on which `a` runs. */
export const restoreState = (state: DeployedState, template: Template): { world: World; machine: Machine } => {
  const world = createWorld(template, null);
  for (const { path, text, kind } of state.files) {
    const file = join(world.directory, path);
    const own = text.replaceAll(placeholder, world.directory);
    mkdirSync(dirname(file), { recursive: true });
    if (kind === 'link') symlinkSync(own, file);
    else world.write(file, own);
  }
  const machine = createMachine(world);
  for (const name of state.active) machine.systemd.active.add(name);
  return { world, machine };
};
