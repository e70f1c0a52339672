/* Executes the stream: PROTOCOL.md §6. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

/* Goes on as far as data and flash allow, but not long; where it waits, erases what is due. True: it could go on at once. */
bool script_run(void);

/* Everything in the stream before this offset is executed (the last flash word may still be in the making: see flash_is_done). */
uint32_t script_executed(void);

/* PIECEs done. */
uint32_t script_pieces(void);

/* What END said: without a frame for so long, the proven flash may be started; 0: not, or not yet. */
uint32_t script_patience_ms(void);

#endif
