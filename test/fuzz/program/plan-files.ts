import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { restoreState } from './deployed-state.js';
import { complaintAbout } from './judge.js';
import type { Kind } from './kind.js';
import { damageBytes, mutateDocument } from './mutate.js';
import { runTool } from './run-tool.js';

/** A plan is written down, changed, and executed: by what it says then, or not at all. */
export const planFilesKind: Kind = async (dice, setting) => {
  const { world, machine } = restoreState(setting.deployed, setting.systemd);
  try {
    const file = join(world.directory, 'plan.json');
    const planned = await runTool(['plan', '--out', file, world.profileOf('b')], world.env, machine.run);
    if (planned.exitCode !== 0) return { endings: [planned], complaint: 'the plan itself fails' };
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, dice.chance(0.2) ? damageBytes(text, dice) : mutateDocument(text, dice));
    const before = [...machine.systemd.effects];
    const ending = await runTool(['switch', '--plan', file], world.env, machine.run);
    const isRefused = ending.exitCode !== 0 && complaintAbout(ending) === null;
    const hasActed = machine.systemd.effects.length > before.length;
    return {
      endings: [ending],
      complaint: isRefused && hasActed ? `it is refused, but did ${machine.systemd.effects.join(', ')}` : null,
    };
  } finally {
    world.remove();
  }
};
