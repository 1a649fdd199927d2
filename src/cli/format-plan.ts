import type { DocumentedStep, PlanDocument } from '../plan/plan-document.js';
import { unreachable } from '../system/errors.js';
import { countOf, formatBytes, paint, type Colour } from './terminal.js';

const colours: Readonly<Partial<Record<DocumentedStep['action'], Colour>>> = {
  stop: 'red',
  start: 'green',
  restart: 'yellow',
  reload: 'yellow',
};

/** "create-user" → "create". */
const verbOf = ({ action }: DocumentedStep): string => action.split('-')[0] ?? action;

const objectOf = (step: DocumentedStep): string => {
  switch (step.kind) {
    case 'process':
      return `${step.instance} (${step.manager}, level ${String(step.level)})`;
    case 'account':
      return step.subject;
    case 'directory':
      return step.action === 'create-link' ? `link ${step.path}` : `directory ${step.path}`;
    case 'manager':
      return step.manager;
    case 'profile':
      return step.path;
    default:
      return unreachable(step);
  }
};

/** What people look for first gets lines of its own for its reasons; the rest is one line. */
const formatStep = (step: DocumentedStep, colour: boolean): readonly string[] => {
  const verb = verbOf(step).padEnd(7);
  if (step.kind === 'process') {
    const line = `${paint(verb, colours[step.action] ?? 'bold', colour)} ${objectOf(step)}`;
    return [line, ...step.reasons.map((reason) => `          ${reason}`)];
  }
  const line = `${verb} ${objectOf(step)}: ${step.reasons.join('; ')}`;
  return [step.kind === 'account' ? line.replace(verb, paint(verb, 'yellow', colour)) : paint(line, 'dim', colour)];
};

const signed = (bytes: number): string => `${bytes < 0 ? '' : '+'}${formatBytes(bytes)}`;

/** How many packages are listed; the rest is counted. */
const mostPackages = 30;

const formatClosure = ({ closure, basis }: PlanDocument, colour: boolean): readonly string[] => {
  const { sizeBefore, sizeAfter, packages, files } = closure;
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
  const from = basis.current === null ? '' : `${formatBytes(sizeBefore)} → `;
  return [
    `Store: ${from}${formatBytes(sizeAfter)} (${signed(sizeAfter - sizeBefore)})`,
    ...listed.map(({ name, change, before, after, sizeBefore: one, sizeAfter: other }) => {
      const versions =
        change === 'upgraded'
          ? ` ${before.join(', ') || '(none)'} → ${after.join(', ') || '(none)'}`
          : ` ${[...before, ...after].join(', ')}`;
      return `  ${paint(marks[change], tints[change], colour)} ${name}${versions.trimEnd()} (${signed(other - one)})`;
    }),
    ...counts.map((line) => `  ${line}`),
  ];
};

/** The plan for people: one line per step, in the order of execution, with the reasons of what is done to processes below. */
export const formatPlan = (document: PlanDocument, colour: boolean): string => {
  const { steps, unchanged, conflicts, notes, profile } = document;
  const touched = steps.filter(({ kind }) => kind === 'process').length;
  const summary =
    touched === 0
      ? steps.length === 0
        ? 'Nothing to do: no process would be touched.'
        : `No process would be touched; ${countOf(steps.length, 'other step', 'other steps')}.`
      : `${countOf(steps.length, 'step', 'steps')}, ${String(touched)} of them with processes; ${countOf(unchanged.length, 'process stays', 'processes stay')} untouched.`;
  return [
    ...steps.flatMap((step) => formatStep(step, colour)),
    ...conflicts.flatMap(({ severity, what, why, fix }) => [
      `${paint(severity, severity === 'error' ? 'red' : 'yellow', colour)}: ${what}`,
      `          ${why}`,
      `          ${fix}`,
    ]),
    ...notes.map((note) => `note: ${note}`),
    ...formatClosure(document, colour),
    summary,
    `Profile: ${profile.path}`,
    '',
  ].join('\n');
};
