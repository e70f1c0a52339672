/**
 * What a flashing job is asked and what it answers: the contract between `flash()` and whoever calls it, the command line first of all.
 */
import type { EventSink } from './events.js';

/** What the board does when its flash is proven. */
export type AfterFlash = 'reset' | 'stay' | { readonly go: number };

export interface FlashOptions {
  /** Raw binary or Intel HEX. */
  readonly imagePath: string;
  /** Link URL: `tcp://10.0.0.5:4001`, `sim:?rtt=600ms`. */
  readonly to: string;
  /** Where a raw binary belongs. @default 0x08000000 */
  readonly address?: number;
  /** Sends everything, also what the survey finds in place. @default false */
  readonly full?: boolean;
  /** Packs what is sent, where that makes it shorter. @default true */
  readonly compress?: boolean;
  /** Never leaves the ROM bootloader. @default false */
  readonly direct?: boolean;
  /** Stops when the plan is made. @default false */
  readonly dryRun?: boolean;
  /** @default 'reset' */
  readonly after?: AfterFlash;
  /** The part, where the device id leaves a choice: `STM32H743xI`. */
  readonly chip?: string;
  /**
   * How long a connection that broke while the stub works may be away. Some converters take a dead client for a living one for seven
   * minutes. @default 600 000
   */
  readonly retryBudgetMs?: number;
  /** Everything that passes the link is written into this file. */
  readonly tracePath?: string;
  /** Ends the job in order; it then fails with kind `interrupted`. */
  readonly signal?: AbortSignal;
  readonly events: EventSink;
}

export interface Report {
  readonly outcome: 'flashed' | 'unchanged' | 'planned';
  /** For people: one line, more for a plan. */
  readonly text: string;
  readonly details: ReportDetails;
}

/** The job in numbers. What only the stub knows is missing after `--direct`. */
export interface ReportDetails {
  readonly image: { readonly source: string; readonly lengthBytes: number };
  readonly device: { readonly part: string; readonly uid?: string; readonly romVersion?: number; readonly idcode?: number };
  readonly sectors: { readonly written: number; readonly touched: number };
  /** From the first byte sent to the end, on the link's clock. */
  readonly seconds: number;
  readonly roundTripMs?: number;
  /** Bytes from the line that belonged to nothing of ours. */
  readonly discardedBytes?: number;
  readonly repeatedRequests?: number;
  /** Connections that had to be made again. */
  readonly reconnects?: number;
  readonly streamBytes?: number;
  readonly repeatedBytes?: number;
}
