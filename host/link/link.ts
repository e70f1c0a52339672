/**
 * Bytes to and from a board, and the time they take. Nothing here knows what the bytes mean.
 *
 * A link has its own clock: the wall clock on a real wire, virtual time in `sim:`. The rest of the host asks no other clock and
 * sleeps nowhere else, so a session runs the same, to the byte, whether a second lasts a second or a microsecond.
 */
import type { LineSettings } from './line-settings.js';

/** `rate`: setLine may change the bit rate; `format`: parity and stop bits, too; `modem-lines`: there are DTR and RTS. */
export type LineAbility = 'rate' | 'format' | 'modem-lines';

/** True: asserted, which is the low level of a UART's pin. What is missing stays as it is. */
export interface ModemLines {
  readonly dtr?: boolean;
  readonly rts?: boolean;
}

export interface Link {
  /** As the user named it, credentials removed. For messages. */
  readonly name: string;
  /** The serial line behind the link, as far as the user or the link's kind tells. */
  readonly line: LineSettings;
  /** What can be done to that line from here. @default nothing */
  readonly abilities?: readonly LineAbility[];

  /**
   * Longest message that crosses the network in one piece. Set where the network keeps messages apart and may lose, double and reorder
   * them; missing where bytes come in order or not at all.
   */
  readonly datagramBytes?: number;

  /** Something on the way takes 0x11 and 0x13 for flow control: neither may be sent, by either side. */
  readonly hasXonXoff?: true;

  /**
   * How long the network took to open the link, where it tells: a first guess at the round trip, and no more than that. Satellite and
   * VPN gateways answer for the far end.
   */
  readonly connectMs?: number;

  /** Milliseconds on the link's clock: monotonic, fractional, zero anywhere. */
  now(): number;

  /**
   * Sends one protocol message in one write. Returns when the message is handed to the network stack, at once or after
   * back-pressure; never when it arrives. The caller keeps the array and may change it afterwards.
   * @throws StageFlashError kind `link` when the connection is gone.
   */
  send(bytes: Uint8Array): Promise<void>;

  /**
   * What has arrived, as soon as at least one byte has; an empty array when `now()` reaches `deadlineMs` first. A deadline in the
   * past still hands over what is already there. One caller at a time.
   * @throws StageFlashError kind `link` when the connection is gone and everything received before has been handed over.
   */
  receive(deadlineMs: number): Promise<Uint8Array>;

  /**
   * Another connection to the same board, when this one is gone: waits `afterMs` and tries once. Missing where there is no such thing.
   * @throws StageFlashError kind `link` when it cannot be had now
   */
  reopen?(afterMs: number): Promise<Link>;

  /** Gives up this connection for another one, where that is possible without the caller's noticing more than lost bytes. */
  renew?(why: string): Promise<void>;
  /** How often that has happened so far. */
  readonly renewals?: number;
  /** The board was heard over this connection: when it breaks, that is a new break, with a budget of its own. */
  confirm?(): void;

  /**
   * Changes our end of the serial line. What is under way may be lost.
   * @throws StageFlashError kind `link` when the far side does not do that
   */
  setLine?(line: LineSettings): Promise<void>;

  /** Sets both lines in one step where both are given. */
  setModemLines?(lines: ModemLines): Promise<void>;

  /** Releases everything the link holds. May be called twice. */
  close(): Promise<void>;
}
