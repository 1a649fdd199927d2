import type { DocumentedStep, PlanDocument } from '../plan/plan-document.js';
import { visibleLine, visibleText } from '../system/visible-text.js';
import { unreachable } from '../system/errors.js';
import { formatClosure } from './format-closure.js';
import { countOf, paint, type Colour } from './terminal.js';

const colours: Readonly<Partial<Record<DocumentedStep['action'], Colour>>> = {
  stop: 'red',
  start: 'green',
  restart: 'yellow',
  reload: 'yellow',
};

/** "create-user" → "create". */
const verbOf = ({ action }: DocumentedStep): string => action.split('-')[0] ?? action;

const nameOf = (step: DocumentedStep): string => {
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
    case 'boot':
      return `start at boot, by ${step.path}`;
    default:
      return unreachable(step);
  }
};

/** A line of its own is not to be had by a name. */
const objectOf = (step: DocumentedStep): string => visibleLine(nameOf(step));

/** What people look for first gets lines of its own for its reasons; the rest is one line. */
const formatStep = (step: DocumentedStep, colour: boolean): readonly string[] => {
  const verb = verbOf(step).padEnd(7);
  if (step.kind === 'process') {
    const line = `${paint(verb, colours[step.action] ?? 'bold', colour)} ${objectOf(step)}`;
    return [line, ...step.reasons.map((reason) => `          ${visibleText(reason)}`)];
  }
  const line = `${verb} ${objectOf(step)}: ${visibleText(step.reasons.join('; '))}`;
  return [step.kind === 'account' ? line.replace(verb, paint(verb, 'yellow', colour)) : paint(line, 'dim', colour)];
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
      `${paint(severity, severity === 'error' ? 'red' : 'yellow', colour)}: ${visibleText(what)}`,
      `          ${visibleText(why)}`,
      `          ${visibleText(fix)}`,
    ]),
    ...notes.map((note) => `note: ${visibleText(note)}`),
    ...formatClosure(document.closure, document.basis.current !== null, colour),
    summary,
    `Profile: ${profile.path}`,
    '',
  ].join('\n');
};
