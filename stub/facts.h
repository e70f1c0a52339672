/* What the board is and what its flash holds: the payload of FACTS. */
#ifndef FACTS_H
#define FACTS_H

#include <stdint.h>

/* Writes the payload and returns its length in bytes. Reads the whole flash: some 0.1 s for 2 MiB. */
uint32_t facts_write(uint8_t *payload);

#endif
