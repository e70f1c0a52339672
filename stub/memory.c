#include "memory.h"
#include "registers.h"
#include "wire.gen.h"

static bool is_h72x(void)
{
    return (REGISTER(DBGMCU_BASE, DBGMCU_IDCODE_AT) & 0xFFFu) == DEVICE_ID_H72X;
}

uint32_t memory_window_bytes(void)
{
    return is_h72x() ? 0x10000u : 0x30000u;
}

struct history memory_history(bool is_long)
{
    return is_long && !is_h72x() ? (struct history){(uint8_t *)COPIES_ADDRESS, COPY_BYTES} : (struct history){(uint8_t *)RECENT_ADDRESS, WIRE_RECENT_BYTES};
}
