#include "memory.h"
#include "registers.h"

void memory_has_new_code(void)
{
    __asm volatile("dsb\n"
                   "isb" ::: "memory");
}

uint32_t memory_window_bytes(void)
{
    return (REGISTER(DBGMCU_BASE, DBGMCU_IDCODE_AT) & 0xFFFu) == DEVICE_ID_H72X ? WINDOW_LEAST_BYTES : WINDOW_MOST_BYTES;
}
