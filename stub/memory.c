#include "memory.h"
#include "registers.h"

/*
 * H742 cannot be told from H743 and has 384 KiB of AXI SRAM, H7A has more than either (RM0433 table 7, RM0455 §2.4). H72x lends the upper
 * part of its AXI SRAM to ITCM (RM0468 §2.4).
 */
static const struct memory common = {.window_bytes = 0x30000, .slots_address = 0x24040000, .slots = 1}, h72x = {.window_bytes = 0x10000};

const struct memory *memory(void)
{
    return (REGISTER(DBGMCU_BASE, DBGMCU_IDCODE_AT) & 0xFFFu) == DEVICE_ID_H72X ? &h72x : &common;
}
