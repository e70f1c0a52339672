/**
 * What a job tells while it runs. Vocabulary of the whole host: this file imports nothing.
 *
 * Order: each phase announces itself once with `phase`, in the order of PHASES; `progress` only between two announcements; `note`
 * and `warning` at any time. After an error nothing more is told.
 */

/** The phases of a flashing job, in order. A job may skip some, never turn back. */
export const PHASES = ['image', 'connect', 'bootloader', 'loader', 'survey', 'plan', 'stream', 'prove', 'reset'] as const;
export type Phase = (typeof PHASES)[number];

export type JobEvent =
  /** A phase begins. `text`: what happens now, for people. */
  | { readonly type: 'phase'; readonly phase: Phase; readonly text: string; readonly atMs: number }
  /** Work done in the running phase: `done` of `total` bytes; `detail` says what the board is busy with. */
  | { readonly type: 'progress'; readonly phase: Phase; readonly done: number; readonly total: number; readonly atMs: number; readonly detail?: string }
  /** A fact worth a line: the device, the plan, bytes that were discarded. */
  | { readonly type: 'note'; readonly text: string; readonly atMs: number }
  /** Something that the user should change or know, though the job goes on. */
  | { readonly type: 'warning'; readonly text: string; readonly atMs: number };

/** Receives events as they happen. Must not throw. */
export type EventSink = (event: JobEvent) => void;
