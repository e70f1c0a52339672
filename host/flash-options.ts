/**
 * What a flashing job is asked and what it answers: the contract between `flash()` and whoever calls it, the command line first of all.
 */
import type { EventSink, Phase } from './events.js';

/** What the board does when its flash is proven. */
export type AfterFlash = 'reset' | 'stay' | { readonly go: number };

/** A step of moving DTR and RTS (true: asserted), or a pause. */
export type LineStep = { readonly dtr?: boolean; readonly rts?: boolean } | { readonly waitMs: number };

/** What is done to a board around a job; in this order, where there is more than one. */
export interface BoardMoves {
  /** For whoever sits here: what to do; done when the answer is yes. */
  readonly person?: { readonly text: string; readonly ask: AskConsent };
  /** For this machine's shell. */
  readonly command?: string;
  readonly lines?: readonly LineStep[];
  /** What the board's application understands. */
  readonly send?: Uint8Array;
}

/** What every command needs that speaks with a board. */
export interface JobOptions {
  /** Link URL: `tcp://10.0.0.5:4001`, `sim:?rtt=600ms`. */
  readonly to: string;
  /** The part, where the device id leaves a choice: `STM32H743xI`. */
  readonly chip?: string;
  /**
   * How long a connection that broke while the stub works may be away. Some converters take a dead client for a living one for seven
   * minutes. @default 600 000
   */
  readonly retryBudgetMs?: number;
  /** Brings the board into its ROM bootloader. @default it is there */
  readonly enter?: BoardMoves;
  /** Brings it out again. @default the stub's reset, or nobody */
  readonly leave?: BoardMoves;
  /** Ends what another host's stub does on the board, and begins anew. @default false */
  readonly takeover?: boolean;
  /** Keeps 0x11 and 0x13 off the wire in both directions, for a converter that takes them for flow control. @default false */
  readonly avoidXonXoff?: boolean;
  /** A pin that the stub toggles while it lives, for a watchdog beside the chip: `PB7`, and how often. */
  readonly kick?: { readonly pin: string; readonly periodMs: number };
  /** Everything that passes the link is written into this file. */
  readonly tracePath?: string;
  /** Ends the job in order; it then fails with kind `interrupted`. */
  readonly signal?: AbortSignal;
  readonly events: EventSink;
  /** The job in numbers, whichever way it ended; called once, before the promise settles. */
  readonly onEnd?: (details: ReportDetails) => void;
}

/** An image in a file. */
export interface ImageOptions {
  /** Raw binary or Intel HEX. */
  readonly imagePath: string;
  /** Where a raw binary belongs. @default 0x08000000 */
  readonly address?: number;
}

export interface FlashOptions extends JobOptions, ImageOptions {
  /** Sends everything, also what the survey finds in place. @default false */
  readonly full?: boolean;
  /** What the flash holds, so that only the difference is sent; what this host has flashed before it knows by itself. */
  readonly basePath?: string;
  /** Packs what is sent, where that makes it shorter. @default true */
  readonly compress?: boolean;
  /** Erases what touched sectors hold beside the image, which stays otherwise. @default false */
  readonly eraseRest?: boolean;
  /** Bits per second for the stream, on links that can change the rate of their line. @default that of the line */
  readonly streamBaud?: number;
  /** The stub resets a board whose flash is proven when it has heard no host for so long; 0: never, nor with `stay`. @default 900 000 */
  readonly orphanMs?: number;
  /** Never leaves the ROM bootloader. @default false */
  readonly direct?: boolean;
  /** Stops when the plan is made. @default false */
  readonly dryRun?: boolean;
  /** @default 'reset' */
  readonly after?: AfterFlash;
  /** What the application must say, on the same line with the same settings, after the reset or the start. */
  readonly expect?: ExpectedText;
  /** Asked only where a job that is cut could leave the board unreachable; without it such a job is refused. */
  readonly consent?: AskConsent | undefined;
}

/** Somewhere in what the application says, byte for byte (UTF-8). */
export interface ExpectedText {
  readonly text: string;
  readonly withinMs: number;
}

export interface RunOptions extends JobOptions {
  /** Raw binary or Intel HEX, linked for RAM. */
  readonly imagePath: string;
  /** Where a raw binary belongs. @default 0x24000000 */
  readonly address?: number;
  /** Address of its vector table. @default where the only piece begins that looks like one */
  readonly vectors?: number;
  /** What the program must say, on the same line with the same settings. */
  readonly expect?: ExpectedText;
}

/** Asks whoever is there; false is a no. */
export type AskConsent = (question: string) => Promise<boolean>;

export interface EraseOptions extends JobOptions {
  /** All sectors that hold a byte of these; undefined: all of the part. */
  readonly ranges: readonly AddressRange[] | undefined;
  /** Nothing is erased without it. */
  readonly consent: AskConsent | undefined;
}

export interface ReadOptions extends JobOptions {
  /** Replaced when all has been read: Intel HEX or raw bytes, by its name. */
  readonly filePath: string;
  /** @default the whole flash */
  readonly range?: AddressRange;
}

interface AddressRange {
  readonly address: number;
  readonly lengthBytes: number;
}

/** `unfinished`: something may have been erased or written, and nothing is proven. */
export type FlashState = 'untouched' | 'unfinished' | 'proven';

export interface Report {
  readonly outcome: 'flashed' | 'unchanged' | 'planned';
  /** For people: one line, more for a plan. */
  readonly text: string;
  readonly details: ReportDetails;
}

export interface VerifyReport {
  readonly outcome: 'verified';
  readonly text: string;
  readonly details: ReportDetails;
}

export interface EraseReport {
  readonly outcome: 'erased';
  readonly text: string;
  readonly details: ReportDetails;
}

export interface RunReport {
  readonly outcome: 'started';
  readonly text: string;
  readonly details: ReportDetails;
}

export interface ReadReport {
  readonly outcome: 'read';
  readonly text: string;
  readonly details: ReportDetails;
}

export interface InfoReport {
  readonly outcome: 'inspected';
  /** One fact a line. */
  readonly text: string;
  readonly details: ReportDetails & { readonly info: BoardInfo };
}

/** A board as the stub finds it; addresses and sizes in bytes. */
export interface BoardInfo {
  /** The name that --chip said, or the first of those that it could be by device id and flash size. */
  readonly part: string;
  readonly couldBe: readonly string[];
  /** The letter on the package, or `unknown`; and DBGMCU_IDC.REV_ID. */
  readonly revision: string;
  readonly revisionId: number;
  readonly uid: string;
  readonly romVersion: number;
  readonly romBugs: readonly string[];
  readonly rdpLevel: 0 | 1 | 2;
  /** What a reset starts, by the level of BOOT0. */
  readonly whileBoot0Low: number;
  readonly whileBoot0High: number;
  readonly startsWatchdogByHardware: boolean;
  readonly swapsBanks: boolean;
  /** PCROP and secure areas: neither read nor erased. */
  readonly protectedAreas: readonly { readonly kind: 'execute-only' | 'secure'; readonly address: number; readonly lengthBytes: number }[];
  readonly flashSizeKiB: number;
  readonly flashWordBytes: number;
  /** Of the stub: how far the host may run ahead of what is executed. */
  readonly windowBytes: number;
  readonly sectors: readonly SectorInfo[];
}

export interface SectorInfo {
  readonly address: number;
  readonly lengthBytes: number;
  /** 1 or 2. */
  readonly bank: number;
  /** CRC-32 of what it holds; complemented where a flash word could not be read. */
  readonly digest: number;
  readonly isBlank: boolean;
  readonly isWriteProtected: boolean;
}

/** The job in numbers. What it did not come to know, because it failed before or was `--direct`, is missing. */
export interface ReportDetails {
  /** What is known of the flash now. */
  readonly flash: FlashState;
  /** The last phase that began. */
  readonly reached?: Phase;
  /** From the first byte sent to the end, on the link's clock; and per phase. */
  readonly seconds?: number;
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
  /** `fileSha256`: of the file as it was read. `lengthBytes`: of what belongs into flash. */
  readonly image?: { readonly source: string; readonly fileSha256?: string; readonly lengthBytes: number };
  readonly device?: { readonly part?: string; readonly uid?: string; readonly romVersion?: number; readonly idcode?: number };
  /** `erased`: as the stub counted. */
  readonly sectors?: { readonly touched: number; readonly written: number; readonly skipped: number; readonly erased?: number };
  /** What touched sectors hold beside the image: bytes in flash words that stay, and what of them had to be fetched from the board before the first erase. */
  readonly rest?: { readonly keptBytes: number; readonly fetchedBytes: number; readonly fetchSeconds: number };
  /** What passed the link in both directions, the ROM bootloader's phase included. */
  readonly link?: { readonly name: string; readonly sentBytes: number; readonly receivedBytes: number; readonly avoidsXonXoff?: true };
  readonly roundTrip?: { readonly minMs: number; readonly smoothedMs: number; readonly maxMs: number; readonly samples: number };
  /** Bytes from the line that belonged to nothing of ours. */
  readonly discardedBytes?: number;
  readonly repeatedRequests?: number;
  /** Connections that had to be made again. */
  readonly reconnects?: number;
  /** The ways to bring the content over that were thought of, with what each would take: bytes, and seconds from the first byte sent to the proof. */
  readonly ways?: readonly { readonly name: string; readonly bytesUp: number; readonly bytesDown: number; readonly seconds: number; readonly isChosen: boolean }[];
  readonly streamBytes?: number;
  readonly repeatedBytes?: number;
  /** Bytes of flash programmed per second of the phase `stream`. */
  readonly goodputBytesPerSecond?: number;
  /** The line as the stub saw it: bytes it received, bytes that belonged to no frame, flags of USART_ISR. */
  readonly board?: { readonly receivedBytes: number; readonly discardedBytes: number; readonly lineErrors: number };
  /** With `--expect`: the verdict, until when it was listened, and what the line brought. */
  readonly application?: { readonly expected: string; readonly isHeard: boolean; readonly seconds: number; readonly said: string };
  /** What spoke with each other: `build` is the CRC-32 of the stub. */
  readonly stub?: { readonly wireVersion: number; readonly build: number };
}

/** What `stage-flash doctor` has come to know of a link and of the bootloader behind it. */
export interface DoctorReport {
  readonly outcome: 'healthy' | 'findings';
  readonly text: string;
  readonly details: ReportDetails & { readonly doctor: Diagnosis };
}

export interface Diagnosis {
  /** In the order in which they were found; empty: healthy. */
  readonly findings: readonly Finding[];
  readonly facts: LinkFacts;
}

/** One trouble. */
export interface Finding {
  /** Stable, for programs: `no-parity`. */
  readonly name: string;
  /** What was seen. */
  readonly evidence: string;
  readonly meaning: string;
  /** What to change, as an imperative sentence. */
  readonly remedy: string;
}

/** Measurements; what could not be measured is missing. */
export interface LinkFacts {
  readonly roundTrip?: { readonly minMs: number; readonly medianMs: number; readonly maxMs: number; readonly samples: number };
  /** What the quickest answer took longer than opening the connection: packing, unless a gateway opened it on the converter's behalf. */
  readonly holdingMs?: number;
  /** Of the line; believed: what the link says, measured: by the time that bytes took. */
  readonly bitRate?: { readonly believed: number; readonly measured?: number };
  /** What came through of so many bytes in one piece: much less is what the converter's buffer holds, a little less is loss. */
  readonly burst?: { readonly sentBytes: number; readonly arrivedBytes: number };
  readonly deviceId?: number;
  readonly couldBe?: readonly string[];
  /** 0x31 is V3.1. */
  readonly protocolVersion?: number;
  readonly romVersion?: number;
  readonly romBugs?: readonly string[];
  readonly rdpLevel?: 0 | 1;
}
