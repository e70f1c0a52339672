/** EPSR.IT: condition in bits 7:4, what is left of the mask in bits 3:0 (ARMv7-M ARM §A7.3.3). */

/** ITAdvance(). */
export function advanceIt(itState: number): number {
  return (itState & 7) === 0 ? 0 : (itState & 0xe0) | ((itState << 1) & 0x1f);
}

export function isLastOfIt(itState: number): boolean {
  return (itState & 0xf) === 8;
}
