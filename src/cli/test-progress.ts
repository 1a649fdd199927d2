import { performance } from 'node:perf_hooks';
import type { Result } from '../test-driver/outcome.js';
import { describeFailure } from '../test-driver/describe-failure.js';
import type { TestListener } from '../test-driver/run-variants.js';
import { visibleLine, visibleText } from '../system/visible-text.js';
import { paint } from './terminal.js';

interface Screen {
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}

interface Running {
  readonly begin: number;
  phase: string;
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;

const lineOf = ({ variant, outcome }: Result, colour: boolean): string => {
  const name = visibleLine(variant.name);
  switch (outcome.kind) {
    case 'passed':
      return `${paint('✓', 'green', colour)} ${name}  ${seconds(outcome.seconds)}`;
    case 'failed':
      return `${paint('✗', 'red', colour)} ${name}  ${seconds(outcome.seconds)}  ${visibleLine(outcome.reason.split('\n')[0] ?? '')}`;
    case 'not tried':
      return `${paint('–', 'yellow', colour)} ${name}  not tried: ${visibleLine(outcome.reason.split('\n')[0] ?? '')}`;
  }
};

/** Milliseconds between two looks at how long running variants take. */
const tick = 200;

interface ProgressOptions {
  /** Whether lines that were written can be written again. */
  readonly isLive: boolean;
  /** Tell failures alone. */
  readonly isQuiet: boolean;
  /** Whether the log of a variant is there when all is over. */
  readonly keepsLogs: boolean;
}

/**
 * Shows how tests go: a line for each variant that is over, and on a terminal one for each that runs, with its phase and time.
 *
 */
export const showProgress = (
  screen: Screen,
  colour: boolean,
  { isLive, isQuiet, keepsLogs }: ProgressOptions,
): { readonly listener: TestListener; readonly stop: () => void } => {
  const running = new Map<string, Running>();
  let shown = 0;
  const erase = (): void => {
    // Up by as many lines, and clear all below (ECMA-48: CUU, ED).
    if (shown > 0) screen.write(`\u001b[${String(shown)}A\u001b[J`);
    shown = 0;
  };
  const draw = (): void => {
    if (!isLive) return;
    // A terminal that does not know its size says 0.
    const width = screen.columns === undefined || screen.columns < 2 ? 80 : screen.columns;
    for (const [name, { begin, phase }] of running) {
      const line = `… ${visibleLine(name)}  ${seconds((performance.now() - begin) / 1000)}  ${visibleLine(phase)}`;
      screen.write(`${line.slice(0, width - 1)}\n`);
      shown += 1;
    }
  };
  const tell = (text: string): void => {
    erase();
    screen.write(text);
    draw();
  };
  const timer = isLive
    ? setInterval(() => {
        erase();
        draw();
      }, tick).unref()
    : null;
  return {
    listener: {
      onBegin: ({ name }) => {
        running.set(name, { begin: performance.now(), phase: '' });
      },
      onPhase: ({ name }, phase, instance) => {
        const state = running.get(name);
        if (state !== undefined) state.phase = instance === null ? phase : `${phase} of ${instance}`;
      },
      onKept: ({ name }, enter, end) => {
        tell(`the machine of ${visibleLine(name)} is kept\n  enter it:     ${enter}\n  take it away: ${end}\n`);
      },
      onEnd: (result) => {
        running.delete(result.variant.name);
        const { outcome } = result;
        const logFile = keepsLogs ? result.logFile : null;
        if (!isQuiet || outcome.kind === 'failed') tell(`${lineOf(result, colour)}\n`);
        if (outcome.kind !== 'failed') return;
        // A reason of one line is in the line above.
        const isTold = outcome.failure === null && logFile === null && !outcome.reason.includes('\n');
        if (!isTold) tell(visibleText(describeFailure(outcome, logFile)));
      },
    },
    stop: () => {
      if (timer !== null) clearInterval(timer);
      erase();
    },
  };
};
