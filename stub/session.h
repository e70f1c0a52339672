/* The stub's life: hears frames, executes the stream, answers. */
#ifndef SESSION_H
#define SESSION_H

#include <stdint.h>

__attribute__((noreturn)) void session_run(uint32_t usart, uint32_t token);

#endif
