import { expect, test } from '@jest/globals';
import { unitPolicy } from '../../../src/backends/systemd/change-policy.js';

const policy = (unit: Readonly<Record<string, string>>, service: Readonly<Record<string, string>> = {}) => {
  const section = (properties: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, [value]]));
  return unitPolicy({ Unit: section(unit), Service: section(service) });
};

test('a unit that says nothing is restarted, stopped and started as it is needed', () => {
  expect(policy({})).toEqual({
    onChange: 'restart',
    onRemoval: 'stop',
    onlyManualStart: false,
    notSocketActivated: false,
  });
});

const reloadable = { ExecReload: '/bin/reload' };

test.each([
  [{ 'X-RestartIfChanged': 'false' }, {}, 'leave'],
  [{ 'X-RestartIfChanged': '0' }, {}, 'leave'],
  [{ 'X-RestartIfChanged': 'yes' }, {}, 'restart'],
  [{}, { 'X-RestartIfChanged': 'no' }, 'leave'],
  [{ 'X-ReloadIfChanged': 'true' }, reloadable, 'reload'],
  [{ 'X-ReloadIfChanged': 'true' }, { Type: 'notify-reload' }, 'reload'],
  [{ 'X-ReloadIfChanged': 'true' }, {}, 'restart'],
  [{ 'X-StopIfChanged': 'true' }, {}, 'stop-start'],
  [{ 'X-StopIfChanged': 'false' }, {}, 'restart'],
  [{ 'X-SwitchMethod': 'keep-old' }, {}, 'leave'],
  [{ 'X-SwitchMethod': 'reload' }, reloadable, 'reload'],
  [{ 'X-SwitchMethod': 'reload' }, {}, 'restart'],
  [{ 'X-SwitchMethod': 'restart', 'X-RestartIfChanged': 'false' }, {}, 'restart'],
  [{ 'X-SwitchMethod': 'stop-start' }, {}, 'stop-start'],
  [{ 'X-OnlyManualStart': 'true' }, {}, 'leave'],
  [{ RefuseManualStop: 'true' }, {}, 'leave'],
])('%j and %j mean for a change: %s', (unit, service, onChange) => {
  expect(policy(unit, service as Readonly<Record<string, string>>).onChange).toBe(onChange);
});

test.each([
  [{ 'X-StopOnRemoval': 'false' }, 'leave'],
  [{ 'X-StopOnRemoval': 'true' }, 'stop'],
  [{ RefuseManualStop: '1' }, 'leave'],
])('%j means for a removal: %s', (unit, onRemoval) => {
  expect(policy(unit as unknown as Readonly<Record<string, string>>).onRemoval).toBe(onRemoval);
});

test('what systemd refuses to start by hand is left to others as well', () => {
  expect(policy({ RefuseManualStart: 'true' }).onlyManualStart).toBe(true);
});
