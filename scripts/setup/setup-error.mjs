/** Something that the person at the keyboard has to do before we can go on. */
export class SetupError extends Error {}
