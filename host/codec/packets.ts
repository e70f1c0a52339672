/** Packets: how data is said in LZMA, a literal or a copy at a time. The parser chooses them, packet-writer.ts codes them. */

/** `choice` of a packet: a literal; 0-3: the repeated distance of that number; from REPEATS on: a 0-based distance + REPEATS. */
export const LITERAL_CHOICE = -1;
export const REPEATS = 4;

/** `count` packets; each says `lengths` bytes. */
export interface Packets {
  readonly choices: Int32Array;
  readonly lengths: Uint16Array;
  readonly count: number;
}

export class PacketList implements Packets {
  choices = new Int32Array(4096);
  lengths = new Uint16Array(4096);
  count = 0;

  add(choice: number, length: number): void {
    if (this.count === this.choices.length) this.#grow();
    this.choices[this.count] = choice;
    this.lengths[this.count++] = length;
  }

  #grow(): void {
    const { choices, lengths } = this;
    this.choices = new Int32Array(2 * choices.length);
    this.lengths = new Uint16Array(2 * lengths.length);
    this.choices.set(choices);
    this.lengths.set(lengths);
  }
}
