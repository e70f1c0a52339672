/*
 * Where the large things of the stub lie. DMA1 reaches AXI SRAM but no TCM (RM0433 §2.1), and on H72x only the first 128 KiB of
 * AXI SRAM are there whatever TCM_AXI_SHARED says (RM0468 §2.4): ring and answers stay below 0x24020000 on every part.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define RING_ADDRESS 0x24000000u
#define RING_BYTES 0x8000u /* a power of two; two of the largest frames must fit, or one could never be looked for inside another */
#define ANSWER_ADDRESS 0x24008000u
#define ANSWER_BYTES 0x800u
#define SENT_ADDRESS (ANSWER_ADDRESS + ANSWER_BYTES) /* the same with its masks: what DMA reads */
#define WINDOW_ADDRESS 0x24010000u
/* Latest content of a packed stream, WIRE_RECENT_BYTES: the upper half of ITCM, which every part has. A long history may lie where copies could. */
#define RECENT_ADDRESS 0x00008000u

/* H72x lends the upper part of its AXI SRAM to ITCM; H742 has 384 KiB, H743 and H7A more (RM0468 §2.4, RM0433 table 7, RM0455 §2.4). */
uint32_t memory_window_bytes(void);

/* What was stored may be called from now on (ARMv7-M ARM, §A3.7.3: barriers). */
void memory_has_new_code(void);

#endif
