import { build } from './build.mjs';
import { disnix } from './disnix.mjs';
import { evaluation } from './evaluation.mjs';
import { growth } from './growth.mjs';
import { scale } from './scale.mjs';
import { startup } from './startup.mjs';
import { supervisord } from './supervisord.mjs';
import { systemd } from './systemd.mjs';
import { sysvinit } from './sysvinit.mjs';
import { testDriver } from './test-driver.mjs';

/**
 * @typedef {object} Subset what is measured together
 * @property {string} name
 * @property {string} about in one line
 * @property {number} rounds how many, when the command line does not say it
 * @property {boolean} [isForCi] Default: false
 * @property {boolean} [inMemory] whether files are not to be written to a disk. Default: false
 * @property {() => string | null} [cannotRun] why not on this machine. Default: it can
 * @property {(bench: { workshop: object, count: number, isSmall: boolean }) => Promise<{
 *   rows: import('../rounds.mjs').Row[],
 *   figures: import('../rounds.mjs').Figure[],
 *   isOrdered?: boolean,
 *   close?: () => Promise<void>,
 * }>} open
 */

/** @type {Subset[]} */
export const subsets = [startup, evaluation, build, scale, supervisord, systemd, sysvinit, disnix, growth, testDriver];
