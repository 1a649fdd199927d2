import type { ChangePolicy } from '../backend.js';
import type { Sections } from './unit-file.js';

/** What the keys of a unit that begin with X- say to the tool that deploys it; NixOS and home-manager define them. */
export interface UnitPolicy extends ChangePolicy {
  /** Nobody but a person, or another unit, starts it. */
  readonly onlyManualStart: boolean;
  /** Although it has a socket, it is started with it and restarted like other services. */
  readonly notSocketActivated: boolean;
}

/** systemd's words for true (systemd.syntax(7)). */
export const isTrue = (value: string): boolean => /^(?:1|yes|y|true|t|on)$/i.test(value);

/** Keys that say what to do, and nothing about the process. */
export const policyKeys: ReadonlySet<string> = new Set([
  'X-NotSocketActivated',
  'X-OnlyManualStart',
  'X-ReloadIfChanged',
  'X-RestartIfChanged',
  'X-StopIfChanged',
  'X-StopOnReconfiguration',
  'X-StopOnRemoval',
  'X-SwitchMethod',
]);

/** A difference in this key alone is a reload. */
export const reloadTriggers = 'X-Reload-Triggers';

/** What X-SwitchMethod= may be (sd-switch). */
const switchMethods: Readonly<Record<string, ChangePolicy['onChange']>> = {
  'keep-old': 'leave',
  reload: 'reload',
  restart: 'restart',
  'stop-start': 'stop-start',
};

/** Whether `systemctl reload` can do anything for the unit. */
export const canReload = ({ Service: service = {} }: Sections): boolean =>
  (service['ExecReload'] ?? []).some((value) => value !== '') || (service['Type'] ?? []).at(-1) === 'notify-reload';

/**
 * Reads the keys from [Unit] and [Service]: NixOS writes some to one and some to the other. Without any, a changed
 * service is restarted and a removed one stopped.
 *
 * NixOS stops a changed service before all others unless X-StopIfChanged=false says otherwise; here it does so only when
 * X-StopIfChanged=true asks for it, since otherwise the service is down for longer.
 */
export const unitPolicy = (sections: Sections): UnitPolicy => {
  const valueOf = (key: string): string | undefined =>
    (sections['Unit']?.[key] ?? sections['Service']?.[key])?.at(-1)?.trim();
  const says = (key: string, expected: boolean): boolean => {
    const value = valueOf(key);
    return value !== undefined && isTrue(value) === expected;
  };
  const onlyManualStart = says('X-OnlyManualStart', true) || says('RefuseManualStart', true);
  const cannotBeStopped = says('RefuseManualStop', true);
  return {
    onlyManualStart,
    notSocketActivated: says('X-NotSocketActivated', true),
    onRemoval: cannotBeStopped || says('X-StopOnRemoval', false) ? 'leave' : 'stop',
    onChange: ((): ChangePolicy['onChange'] => {
      if (cannotBeStopped || onlyManualStart) return 'leave';
      const method = switchMethods[valueOf('X-SwitchMethod') ?? ''];
      if (method !== undefined) return method === 'reload' && !canReload(sections) ? 'restart' : method;
      if (says('X-RestartIfChanged', false)) return 'leave';
      if (says('X-ReloadIfChanged', true) && canReload(sections)) return 'reload';
      return says('X-StopIfChanged', true) ? 'stop-start' : 'restart';
    })(),
  };
};
