/** Types of units that a process can be, each with the section that belongs to it alone. */
const sectionByType = {
  service: 'Service',
  socket: 'Socket',
  timer: 'Timer',
  path: 'Path',
  slice: 'Slice',
  target: null,
} as const satisfies Record<string, string | null>;
export type UnitType = keyof typeof sectionByType;

export const unitTypes = Object.keys(sectionByType) as readonly UnitType[];
export const isUnitType = (type: string): type is UnitType => Object.hasOwn(sectionByType, type);

/** Units that start a service when something happens; they stand beside it, under the same name. */
export const activators = ['socket', 'timer', 'path'] as const satisfies readonly UnitType[];
export type Activator = (typeof activators)[number];

/** The section that says what a unit of this type is; null for a target, which has none. */
export const sectionOf = (type: UnitType): string | null => sectionByType[type];

/** Sections that a unit of any type may have; those with X- are left to others by systemd. */
export const isCommonSection = (section: string): boolean =>
  section === 'Unit' || section === 'Install' || section.startsWith('X-');
