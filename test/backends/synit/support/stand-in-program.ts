import { StandInServer } from './stand-in-server.js';

/** The stand-in as a process of its own, which can be killed under its daemons. Run as `PROGRAM DIRECTORY`. */
export const server = new StandInServer(process.argv[2] ?? '');
