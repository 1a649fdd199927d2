import type { JsonObject } from '../../system/json.js';
import * as z from '../../system/schema.js';
import type { DeployedUnit } from '../backend.js';
import { parseOnce } from '../shared/parse-once.js';

const activationSchema = z.object({
  /** The unit that the process itself is. */
  main: z.string(),
  /** All of its units: that one, and those that start it when something happens. */
  units: z.array(z.string()),
  /** Those that are started for the process to run. */
  started: z.array(z.string()),
  /** Links that [Install] asks for: their paths below the directory of the units, and the unit each leads to. */
  installLinks: z.record(z.string(), z.string()),
  onlyManualStart: z.boolean(),
  /** A service that is done when its command ends. */
  endsByItself: z.boolean(),
  /** Whether systemd knows how to reload it. */
  canReload: z.boolean(),
  /** Whom it becomes; null for the user that systemd runs as. */
  user: z.nullable(z.string()),
  /** Its start includes that it gets ready. */
  awaitsReadiness: z._default(z.boolean(), false),
});

/** What activation has to know of a process when only the manifest is there. */
export type Activation = z.infer<typeof activationSchema>;

export const toActivation = ({ awaitsReadiness, ...activation }: Activation): JsonObject => ({
  ...(awaitsReadiness ? { awaitsReadiness } : {}),
  ...activation,
});

/** Reads it. @throws ZodError for what `render` did not write */
export const parseActivation = parseOnce(activationSchema);

/** What `render` wrote into the manifest. @throws ZodError when another program wrote it. */
export const activationOf = (unit: DeployedUnit): Activation => parseActivation(unit.activation);

/** Of a unit of which only the name is known. */
export const strayActivation = (name: string): JsonObject =>
  toActivation({
    main: name,
    units: [name],
    started: [name],
    installLinks: {},
    onlyManualStart: false,
    endsByItself: false,
    canReload: false,
    user: null,
    awaitsReadiness: false,
  });

export const mainUnitOf = (unit: DeployedUnit): string => activationOf(unit).main;
export const unitsOf = (unit: DeployedUnit): readonly string[] => activationOf(unit).units;
export const startedUnitsOf = (unit: DeployedUnit): readonly string[] => activationOf(unit).started;
