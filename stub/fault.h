/* What the stub does when the processor faults: say where and why, then reset the chip. */
#ifndef FAULT_H
#define FAULT_H

#include <stdint.h>

/* Points VTOR to the stub's own vectors and switches off what the ROM may have left on: caches, MPU, SysTick. */
void fault_take_over(void);

/* Resets the chip. */
__attribute__((noreturn)) void reset_chip(void);

#endif
