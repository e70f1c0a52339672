/* Where the stub begins, after the loader and whenever another host takes it over, and what it may begin in its place. */
#ifndef START_H
#define START_H

#include <stdint.h>

/* From here on the stack is the stub's own and empty, and nothing is left of what was: neither of the caller nor of an earlier session. */
__attribute__((noreturn)) void start_anew(uint32_t usart, uint32_t token);

/* Starts what the vector table at `address` names, as after a reset but with the clocks as they are. */
__attribute__((noreturn)) void start_program(uint32_t address);

#endif
