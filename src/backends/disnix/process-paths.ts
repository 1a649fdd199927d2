import { profileItself } from '../backend.js';

/** The script that starts and stops a process; relative to the profile. */
export const scriptPath = (name: string): string => `libexec/process/${name}`;

/** What Dysnomia reads of a process; relative to the profile. */
export const specificationPath = (name: string): string => `etc/dysnomia/process/${name}`;

/** The `process` of a model's process: Dysnomia calls it without arguments, which starts the process. */
export const ownProcess = (name: string): string => `${profileItself}/${scriptPath(name)}`;
