/* Time since the stub started, from the core's cycle counter. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#define CLOCK_CYCLES_PER_MS 64000u

void clock_begin(void);

/* Milliseconds at 64 MHz (3 % short on H72x, whose ROM leaves 66 MHz). To be called at least once a minute: the counter wraps. */
uint32_t clock_ms(void);

#endif
