import type { ClosureDifference } from '../plan/closure-difference.js';
import { visibleLine } from '../system/visible-text.js';
import { countOf, formatBytes, paint } from './terminal.js';

const signed = (bytes: number): string => `${bytes < 0 ? '' : '+'}${formatBytes(bytes)}`;

/** How many packages are listed; the rest is counted. */
const mostPackages = 30;

/**
 * How what two profiles need of the Nix store differs, for people; nothing for no difference. The packages that changed
 * most are listed.
 *
 * @param isReplaced whether there is a profile before
 */
export const formatClosure = (
  { sizeBefore, sizeAfter, packages, files }: ClosureDifference,
  isReplaced: boolean,
  colour: boolean,
): readonly string[] => {
  const named = packages.filter(({ change }) => change !== 'rebuilt');
  const rebuilt = packages.length - named.length;
  const listed = [...named]
    .sort((a, b) => Math.abs(b.sizeAfter - b.sizeBefore) - Math.abs(a.sizeAfter - a.sizeBefore))
    .slice(0, mostPackages)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const marks = { added: '+', removed: '-', upgraded: '→', rebuilt: '=' } as const;
  const tints = { added: 'green', removed: 'red', upgraded: 'yellow', rebuilt: 'dim' } as const;
  const counts = [
    ...(named.length > listed.length
      ? [`${String(named.length - listed.length)} more packages (--json lists them)`]
      : []),
    ...(rebuilt > 0 ? [`${countOf(rebuilt, 'package', 'packages')} built anew in the same version`] : []),
    ...(files.added + files.removed > 0
      ? [`${countOf(files.added, 'text', 'texts')} added, ${String(files.removed)} removed`]
      : []),
  ];
  if (packages.length === 0 && counts.length === 0) return [];
  const from = !isReplaced ? '' : `${formatBytes(sizeBefore)} → `;
  return [
    `Store: ${from}${formatBytes(sizeAfter)} (${signed(sizeAfter - sizeBefore)})`,
    ...listed.map(({ name, change, before, after, sizeBefore: one, sizeAfter: other }) => {
      const versions =
        change === 'upgraded'
          ? ` ${before.join(', ') || '(none)'} → ${after.join(', ') || '(none)'}`
          : ` ${[...before, ...after].join(', ')}`;
      return `  ${paint(marks[change], tints[change], colour)} ${visibleLine(`${name}${versions.trimEnd()}`)} (${signed(other - one)})`;
    }),
    ...counts.map((line) => `  ${line}`),
  ];
};
