/** Types for the optional package `serialport` 13, as far as serial-link.ts uses it: the host must build without it. */
declare module 'serialport' {
  import type { Duplex } from 'node:stream';

  interface OpenOptions {
    readonly path: string;
    readonly baudRate: number;
    readonly dataBits: 8;
    readonly parity: 'none' | 'even' | 'odd';
    readonly stopBits: 1 | 2;
    readonly autoOpen: false;
  }

  type Callback = (error: Error | null) => void;

  export class SerialPort extends Duplex {
    constructor(options: OpenOptions);
    readonly isOpen: boolean;
    open(callback: Callback): void;
    close(callback?: Callback): void;
    drain(callback: Callback): void;
    update(options: { readonly baudRate: number }, callback: Callback): void;
    set(lines: { readonly dtr?: boolean; readonly rts?: boolean }, callback: Callback): void;
  }
}
