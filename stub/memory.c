#include "memory.h"
#include "registers.h"
#include "wire.gen.h"

void memory_has_new_code(void)
{
    __asm volatile("dsb\n"
                   "isb" ::: "memory");
}

uint32_t memory_window_bytes(void)
{
    return (REGISTER(DBGMCU_BASE, DBGMCU_IDCODE_AT) & 0xFFFu) == DEVICE_ID_H72X ? WIRE_WINDOW_LEAST_BYTES : WIRE_WINDOW_MOST_BYTES;
}
