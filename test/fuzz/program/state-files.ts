import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { restoreState } from './deployed-state.js';
import type { Dice } from './dice.js';
import { complaintAbout } from './judge.js';
import type { Kind, Setting } from './kind.js';
import { damageBytes, mutateDocument, mutateLines, oddName } from './mutate.js';
import { placeholder } from './profiles.js';
import { runTool, type Ending } from './run-tool.js';
import type { World } from './world.js';

/** Commands that read what is left of earlier ones; `B` stands for a profile to switch to. */
export const commandLines = [
  ['status'],
  ['status', '--json'],
  ['plan', 'B'],
  ['plan', '--json', 'B'],
  ['switch', 'B'],
  ['switch', '--repair', 'B'],
  ['switch', '--no-rollback', 'B'],
  ['rollback'],
  ['generations'],
  ['generations', '--json'],
  ['generations', 'log'],
  ['generations', 'log', '--json'],
  ['generations', 'diff', '1', '2'],
  ['generations', 'pin', '1'],
  ['generations', 'unpin', '1'],
  ['generations', 'switch', '1'],
  ['generations', 'delete', 'old'],
  ['generations', 'delete', '1'],
  ['generations', 'delete', '30d'],
  ['resume'],
  ['abort'],
  ['undeploy'],
  ['logs', 'web'],
  ['start', 'web'],
  ['stop', 'web'],
  ['restart', 'web', 'database'],
  ['reload', 'web'],
] as const;

const json = (value: unknown): string => JSON.stringify(value);

/** It was written by this process, which lives: mostly somebody else has to have been it. */
const ofTheDead = (text: string, dice: Dice): string =>
  dice.chance(0.1) ? text : text.replace(`"pid":${process.pid}`, '"pid":4194304');

/** Null for what was damaged before. */
const textOf = (path: string): string | null => {
  try {
    return lstatSync(path).isFile() ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
};

/** The files that a profile's commands leave and read, with a text that is right. */
const stateFiles = (
  dice: Dice,
  { deployed }: Setting,
  world: World,
): readonly { readonly path: string; readonly text: string; readonly lines?: true }[] => {
  const at = (name: string): string => join(world.stateDirectory, name);
  const kept = (path: string, otherwise: string): { path: string; text: string } => ({
    path,
    text: textOf(path) ?? otherwise,
  });
  return [
    kept(world.manifestOf('a'), ''),
    kept(world.manifestOf('b'), ''),
    kept(at('history.json'), '[1]'),
    kept(at('deployments.json'), '[]'),
    kept(at('pins.json'), '[1]'),
    kept(at('accounts.json'), json({ formatVersion: 1, users: { web: 1001, gone: null }, groups: { web: 1001 } })),
    kept(at('current-build.json'), json({ key: 'x', path: world.profileOf('a'), notes: [], warnings: [] })),
    { path: at('lock'), text: ofTheDead(deployed.lock, dice) },
    {
      path: at('unfinished/journal'),
      text: ofTheDead(dice.pick(deployed.journals).replaceAll(placeholder, world.directory), dice),
      lines: true,
    },
    ...readdirSync(join(world.directory, 'config', 'systemd', 'user'), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => kept(join(world.directory, 'config', 'systemd', 'user', name), '')),
  ];
};

/** Puts something else in the place of a file. */
const replaceFile = (path: string, dice: Dice): void => {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  switch (dice.int(5)) {
    case 0:
      mkdirSync(path);
      return;
    case 1:
      symlinkSync('/nonexistent/target', path);
      return;
    case 2:
      symlinkSync(path, path);
      return;
    case 3:
      symlinkSync(dice.pick(['/dev/full', '/', '/proc/self/mem', '/etc/passwd']), path);
      return;
    default:
  }
};

/** Makes the links of generations lead elsewhere. */
const moveLinks = (world: World, dice: Dice): void => {
  const link = dice.pick([world.link, `${world.link}-1-link`, `${world.link}-2-link`]);
  rmSync(link, { recursive: true, force: true });
  switch (dice.int(6)) {
    case 0:
      return;
    case 1:
      symlinkSync('/nonexistent', link);
      return;
    case 2:
      symlinkSync(link, link);
      return;
    case 3:
      mkdirSync(link);
      return;
    case 4:
      symlinkSync(world.directory, link);
      return;
    default:
      rmSync(`${world.link}-99999999999999999999-link`, { force: true });
      symlinkSync(world.profileOf('b'), `${world.link}-99999999999999999999-link`);
      symlinkSync('processes-99999999999999999999-link', link);
  }
};

const damage = (dice: Dice, setting: Setting, world: World): void => {
  for (let left = 1 + dice.int(2); left > 0; left -= 1) {
    if (dice.chance(0.1)) {
      moveLinks(world, dice);
      continue;
    }
    const { path, text, lines } = dice.pick(stateFiles(dice, setting, world));
    const how = dice.int(8);
    if (how === 0) {
      replaceFile(path, dice);
    } else if (how === 1) {
      rmSync(path, { recursive: true, force: true });
      world.write(path, damageBytes(text, dice));
    } else {
      rmSync(path, { recursive: true, force: true });
      world.write(
        path,
        dice.chance(0.1) ? text : lines === true ? mutateLines(text, dice) : mutateDocument(text, dice),
      );
      if (dice.chance(0.05)) chmodSync(path, 0);
    }
    if (dice.chance(0.03)) world.write(join(world.stateDirectory, oddName(dice)), 'x');
  }
};

const readLink = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

const namesIn = (directory: string): ReadonlySet<string> => {
  try {
    return new Set(readdirSync(directory));
  } catch {
    return new Set();
  }
};

/** Files that a command that has ended should not have left. */
const leftBehind = (world: World, before: ReadonlySet<string>): readonly string[] =>
  [...namesIn(world.stateDirectory)].filter((name) => /\.tmp|^lock\./.test(name) && !before.has(name));

/**
 * What a deployment has left is damaged; then come one to three commands. What is refused has to leave what runs, and the
 * profile, as they are.
 */
export const stateFilesKind: Kind = async (dice, setting) => {
  const { world, machine } = restoreState(setting.deployed, setting.systemd);
  try {
    damage(dice, setting, world);
    const endings: Ending[] = [];
    for (let left = 1 + dice.int(3); left > 0; left -= 1) {
      const line = dice.pick(commandLines).map((word) => (word === 'B' ? world.profileOf('b') : word));
      const before = { active: [...machine.systemd.active].sort().join(), link: readLink(world.link) };
      const names = namesIn(world.stateDirectory);
      const ending = await runTool(line, world.env, machine.run);
      endings.push(ending);
      if (complaintAbout(ending) !== null) return { endings, complaint: null };
      const files = leftBehind(world, names);
      if (files.length > 0) return { endings, complaint: `it leaves ${files.join(' and ')}` };
      const after = { active: [...machine.systemd.active].sort().join(), link: readLink(world.link) };
      const keeps = line.includes('--no-rollback') || ending.exitCode === 0;
      if (!keeps && (before.active !== after.active || before.link !== after.link)) {
        return { endings, complaint: `it is refused, but has changed ${json(before)} into ${json(after)}` };
      }
    }
    return { endings, complaint: null };
  } finally {
    world.remove();
  }
};
