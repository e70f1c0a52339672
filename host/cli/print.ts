/**
 * Events → what is printed: lines and a progress bar for people on stderr, or one JSON value per line on stdout for programs. Results
 * go to stdout either way.
 */
import type { EventSink, JobEvent } from '../events.js';
import { GoodputMeter } from './goodput.js';
import type { Progress } from './progress-text.js';
import { percent, progressFacts, progressLine } from './progress-text.js';

/** A text stream, and how wide the terminal behind it is; undefined when there is none. */
export interface Output {
  readonly write: (text: string) => void;
  readonly columns: number | undefined;
}

export interface Result {
  readonly text: string;
}

export interface Printer {
  readonly event: EventSink;
  /** @param result all of it for programs, its text for people */
  readonly result: (result: Result) => void;
  /** Ends a bar that is still on the screen. */
  readonly end: () => void;
}

export type PrintStyle = 'people' | 'json' | 'quiet';

export function createPrinter(style: PrintStyle, stdout: Output, stderr: Output): Printer {
  if (style === 'json') return jsonPrinter(stdout);
  return style === 'quiet' ? quietPrinter(stdout, stderr) : new PeoplePrinter(stdout, stderr);
}

function jsonPrinter(stdout: Output): Printer {
  const print = (value: object): void => stdout.write(`${JSON.stringify(value)}\n`);
  return { event: print, result: print, end: () => {} };
}

/** What a script's log should hold: the result, and what somebody should look after. */
function quietPrinter(stdout: Output, stderr: Output): Printer {
  const event: EventSink = (happened) => {
    if (happened.type === 'warning') stderr.write(`warning: ${happened.text}\n`);
  };
  return { event, result: ({ text }) => stdout.write(`${text}\n`), end: () => {} };
}

/** The bar is redrawn this often at most, by the clock on the wall: a virtual board can report thousands of times a second. */
const REDRAW_MS = 100;
/** Without a terminal: one line for every so many percent. */
const LINE_PERCENT = 10;

type ProgressEvent = Extract<JobEvent, { type: 'progress' }>;

class PeoplePrinter implements Printer {
  readonly #stdout: Output;
  readonly #stderr: Output;
  #meter = new GoodputMeter();
  #hasBar = false;
  #drawnAtMs = -Infinity;
  #nextLinePercent = LINE_PERCENT;

  constructor(stdout: Output, stderr: Output) {
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  readonly event: EventSink = (event) => {
    if (event.type === 'progress') return this.#progress(event);
    if (event.type === 'phase') this.#beginPhase();
    this.#line(event.type === 'warning' ? `warning: ${event.text}` : event.text);
  };

  readonly result = ({ text }: Result): void => {
    this.end();
    this.#stdout.write(`${text}\n`);
  };

  readonly end = (): void => {
    if (this.#hasBar) this.#stderr.write('\n');
    this.#hasBar = false;
  };

  #beginPhase(): void {
    this.end();
    this.#meter = new GoodputMeter();
    this.#drawnAtMs = -Infinity;
    this.#nextLinePercent = LINE_PERCENT;
  }

  #progress({ done, total, atMs, detail }: ProgressEvent): void {
    const progress: Progress = { done, total, goodput: this.#meter.observe(done, total, atMs), detail };
    if (this.#stderr.columns === undefined) this.#progressAsLine(progress);
    else this.#progressAsBar(progress, this.#stderr.columns);
  }

  #progressAsBar(progress: Progress, columns: number): void {
    const nowMs = performance.now();
    if (progress.done < progress.total && nowMs - this.#drawnAtMs < REDRAW_MS) return;
    this.#drawnAtMs = nowMs;
    this.#hasBar = true;
    this.#stderr.write(`\r${progressLine(progress, columns)}\x1b[K`);
  }

  #progressAsLine(progress: Progress): void {
    const reached = percent(progress.done, progress.total);
    if (reached < this.#nextLinePercent) return;
    this.#nextLinePercent = (Math.floor(reached / LINE_PERCENT) + 1) * LINE_PERCENT;
    this.#stderr.write(`  ${progressFacts(progress)}\n`);
  }

  /** Above the bar, which is drawn again with the next progress. */
  #line(text: string): void {
    this.#stderr.write(this.#hasBar ? `\r\x1b[K${text}\n` : `${text}\n`);
    this.#hasBar = false;
  }
}
