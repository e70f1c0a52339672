/*
 * Code and data that were moved: what becomes of the branches and addresses in them. One table holds, for a granule of old addresses each, how
 * far what lay there has gone: known where a copied piece begins and wherever a branch or an address has been seen in its new form. What is not known
 * has gone as far as what is known below it. Both ends learn the same from the same, so only the errors have to be told.
 */
#ifndef RELOCATE_H
#define RELOCATE_H

#include <stdbool.h>
#include <stdint.h>

/* `shifts`: 2 * half + 1 words of memory, half being a power of two: one in front that is always known, addresses in flash, all others.
   `granule_shift`: log2 of the bytes that have a shift in common. */
void relocation_begin(int32_t *shifts, uint32_t half, uint32_t granule_shift);

/* What lay at `address` in flash, and some of what follows it, is now `shift` further on. */
void relocation_learn(uint32_t address, uint32_t shift);

/* Is this word an address in flash or RAM, as far as its looks go? (RM0433 §2.3: flash, DTCM, AXI SRAM, SRAM1-3, SRAM4.) */
static inline bool is_address(uint32_t word)
{
    return word - 0x08000000u < 0x38000000u && (word & 0x03E00000u) == 0;
}

/* `pair`, a branch or an address that lay at `address` and now lies `shift` further on → its new form, which is off the expected by `error`. */
uint32_t relocate(uint32_t pair, uint32_t address, uint32_t shift, uint32_t error);

#endif
