// Keeps package installation from starting or enabling services of the host. It takes three mechanisms: policy-rc.d
// against starting, systemd.preset(5) against enabling units, and links that appear nevertheless are taken away again
// (update-rc.d knows no policy, and deb-systemd-helper no preset where there is no systemctl).
import { lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const policy = '/usr/sbin/policy-rc.d';
const savedPolicy = `${policy}.before-nix-processmgmt-ts`;
const preset = '/etc/systemd/system-preset/00-nix-processmgmt-ts.preset';
const mark = '# Only there while nix-processmgmt-ts installs packages.';

const exists = (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
const entries = (directory) => (exists(directory) ? readdirSync(directory) : []);

/** Creates the directories that lead to a file; returns those that were not there, innermost first. */
const makeDirectories = (directory) => {
  if (exists(directory)) return [];
  const above = makeDirectories(dirname(directory));
  mkdirSync(directory);
  return [directory, ...above];
};

/** Also takes away what an earlier run left that was killed. */
const allowServices = () => {
  if (exists(policy) && readFileSync(policy, 'utf8').includes(mark)) rmSync(policy);
  if (exists(savedPolicy)) renameSync(savedPolicy, policy);
  rmSync(preset, { force: true });
};

const forbidServices = () => {
  allowServices();
  if (exists(policy)) renameSync(policy, savedPolicy);
  writeFileSync(policy, `#!/bin/sh\n${mark}\nexit 101\n`, { mode: 0o755 });
  const created = makeDirectories(dirname(preset));
  writeFileSync(preset, `${mark}\ndisable *\n`);
  return created;
};

/** What decides which services start at boot: links in *.wants and *.requires of systemd and in rc?.d of sysvinit. */
export const startLinks = () => {
  const units = ['/etc/systemd/system', '/etc/systemd/user'].flatMap((directory) =>
    entries(directory)
      .filter((name) => /\.(wants|requires)$/.test(name))
      .map((name) => join(directory, name)),
  );
  const runlevels = entries('/etc')
    .filter((name) => /^rc.\.d$/.test(name))
    .map((name) => join('/etc', name));
  return [...units, ...runlevels]
    .flatMap((directory) => entries(directory).map((name) => join(directory, name)))
    .sort();
};

const removeIfEmpty = (directory) => {
  if (entries(directory).length === 0) rmdirSync(directory);
};

const removeNewLinks = (before) => {
  const known = new Set(before);
  const added = startLinks().filter((link) => !known.has(link));
  for (const link of added) rmSync(link);
  const knownDirectories = new Set(before.map((link) => dirname(link)));
  for (const directory of new Set(added.map((link) => dirname(link)))) {
    if (directory.startsWith('/etc/systemd/') && !knownDirectories.has(directory)) removeIfEmpty(directory);
  }
};

/** Runs `action`, during and after which no service of the host gets started or enabled; returns its result. */
export const withoutServices = async (action) => {
  const before = startLinks();
  const created = forbidServices();
  try {
    return await action();
  } finally {
    removeNewLinks(before);
    allowServices();
    for (const directory of created) if (exists(directory)) removeIfEmpty(directory);
  }
};
