/* What the flash held before: sectors that KEEP has copied into RAM, and all else where it still lies. */
#ifndef OLD_CONTENT_H
#define OLD_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

/* Where KEEP puts, and RESTORE finds, what belongs at this address; NULL, and refused: `copy` is no place for copies. */
uint8_t *old_content_place(uint32_t address, uint32_t copy);

/* Copies a sector whose bank is idle. False: refused. */
bool old_content_keep(uint32_t sector, uint32_t copy);

#endif
