import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMachine } from './machine.js';
import type { Dice } from './dice.js';
import type { Kind } from './kind.js';
import { damageBytes, mutateText, oddName, oddWords } from './mutate.js';
import { runTool, type Ending } from './run-tool.js';
import { createWorld, type World } from './world.js';

/** What is laid out for a manager by somebody else: no manifest, and texts that are not always what they should be. */
const layOut = (world: World, dice: Dice): void => {
  const root = world.profileOf('b');
  rmSync(world.manifestOf('b'));
  for (const { path, text, kind: type } of world.template.versions.b) {
    const file = join(root, path);
    if (file === world.manifestOf('b') || dice.chance(0.4)) continue;
    if (dice.chance(0.2)) {
      rmSync(file, { recursive: true, force: true });
      const kind = dice.int(3);
      if (kind === 0) symlinkSync(dice.pick(['/nonexistent', file, '..', '/dev/full']), file);
      if (kind === 1) mkdirSync(file);
    } else if (type === 'file') {
      writeFileSync(file, dice.chance(0.3) ? damageBytes(text, dice) : mutateText(text, dice));
    }
  }
  if (dice.chance(0.3)) {
    const directories = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const parent =
      directories.length === 0 ? root : join(dice.pick(directories).parentPath, dice.pick(directories).name);
    try {
      writeFileSync(join(parent, oddName(dice)), dice.pick(oddWords));
    } catch {
      // Some names, and some places, no file can have.
    }
  }
};

const lines = [
  ['plan'],
  ['switch'],
  ['status'],
  ['undeploy'],
  ['logs', 'web'],
  ['generations', 'diff', '1', '2'],
  ['rollback'],
] as const;

/** Profiles of other tools, with what their makers, or nobody, put into them. */
export const foreignLayoutsKind: Kind = async (dice, setting) => {
  const template = dice.chance(0.3) ? setting.systemd : dice.pick(setting.templates);
  const world = createWorld(template, dice.chance(0.5) ? 'b' : 'a');
  try {
    layOut(world, dice);
    const machine = createMachine(world);
    const endings: Ending[] = [];
    for (let left = 1 + dice.int(2); left > 0; left -= 1) {
      const [command, ...rest] = dice.pick(lines);
      const operand = command === 'plan' || command === 'switch' ? [world.profileOf('b')] : rest;
      endings.push(await runTool([command, ...operand], world.env, machine.run));
    }
    return { endings, complaint: null };
  } finally {
    world.remove();
  }
};
