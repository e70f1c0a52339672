/* What the host has written into the stub before it sent it: PROTOCOL.md §2. It outlives start_anew(). */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "registers.h"
#include "wire.gen.h"

/* `at`: WIRE_STUB_OPTIONS_AT, WIRE_STUB_KICK_…_AT */
static inline uint32_t setting(uint32_t at)
{
    return REGISTER(WIRE_STUB_BASE_ADDRESS, at);
}

#endif
