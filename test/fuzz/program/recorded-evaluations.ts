import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRun } from '../../../src/system/run.js';
import { runTool } from './run-tool.js';

/** Those whose answers differ in kind: daemons, processes in the foreground, containers. */
const managers = ['sysvinit', 'systemd', 'docker'] as const;

/**
 * What Nix says to the evaluation of a model, by manager: its answers are changed later.
 *
 * @throws Error with what the tool said when one of them fails
 */
export const recordEvaluations = async (model: string): Promise<Readonly<Record<string, string>>> => {
  const place = mkdtempSync(join(tmpdir(), 'evaluations-'));
  const env = {
    PATH: process.env['PATH'],
    HOME: place,
    TMPDIR: place,
    NIX_REMOTE: 'local',
    NIX_STORE_DIR: join(place, 'nix', 'store'),
    NIX_STATE_DIR: join(place, 'nix', 'var'),
    NIX_LOG_DIR: join(place, 'nix', 'log'),
    NIX_USER_PROFILE_DIR: place,
    NIX_CONFIG: 'substitute = false',
  };
  const answers: Record<string, string> = {};
  try {
    for (const manager of managers) {
      const line = ['eval', '-P', manager, '--host-packages', '--force-disable-user-change', model];
      const { exitCode, stderr } = await runTool(line, env, async (request) => {
        const result = await createRun(env)(request);
        if (request.file === 'nix-instantiate' && result.exitCode === 0) answers[manager] = result.stdout;
        return result;
      });
      if (exitCode !== 0) throw new Error(`${line.join(' ')} fails: ${stderr}`);
    }
    return answers;
  } finally {
    await createRun(process.env)({ file: 'chmod', args: ['-R', 'u+w', place] });
    rmSync(place, { recursive: true, force: true });
  }
};
