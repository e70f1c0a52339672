#include "facts.h"
#include "bytes.h"
#include "flash.h"
#include "memory.h"
#include "registers.h"
#include "uart.h"
#include "wire.gen.h"

static uint32_t device_id(void)
{
    return REGISTER(DBGMCU_BASE, DBGMCU_IDCODE_AT) & 0xFFFu;
}

/* As FACTS has them, from `optsr` on. */
static const uint16_t option_registers[] = {
    FLASH_OPTSR_CUR_AT, FLASH_WPSN_CUR_AT, FLASH_BANK_BYTES + FLASH_WPSN_CUR_AT, FLASH_BOOT_CUR_AT, FLASH_BOOT4_CUR_AT,
    FLASH_PRAR_CUR_AT,  FLASH_BANK_BYTES + FLASH_PRAR_CUR_AT, FLASH_SCAR_CUR_AT, FLASH_BANK_BYTES + FLASH_SCAR_CUR_AT,
};
_Static_assert(WIRE_FACTS_OPTSR_AT + sizeof option_registers / sizeof *option_registers * 4 == WIRE_FACTS_USART_AT, "one field for each");

uint32_t facts_write(uint8_t *payload)
{
    const uint32_t is_h7a = device_id() == DEVICE_ID_H7A;
    const uint32_t uid = is_h7a ? UID_ADDRESS_H7A : UID_ADDRESS;
    store_u16(payload + WIRE_FACTS_WIRE_VERSION_AT, WIRE_VERSION);
    payload[WIRE_FACTS_ROM_VERSION_AT] = REGISTER_8(is_h7a ? ROM_VERSION_ADDRESS_H7A : ROM_VERSION_ADDRESS, 0);
    payload[WIRE_FACTS_RESERVED_AT] = 0;
    store_u32(payload + WIRE_FACTS_BUILD_HASH_AT, REGISTER(WIRE_STUB_BASE_ADDRESS, WIRE_STUB_CRC_AT));
    store_u32(payload + WIRE_FACTS_IDCODE_AT, REGISTER(DBGMCU_BASE, DBGMCU_IDCODE_AT));
    store_u16(payload + WIRE_FACTS_FLASH_SIZE_KIB_AT, REGISTER_16(is_h7a ? FLASH_SIZE_ADDRESS_H7A : FLASH_SIZE_ADDRESS, 0));
    store_u16(payload + WIRE_FACTS_FLASH_WORD_BYTES_AT, (uint16_t)flash_word_bytes());
    store_u32(payload + WIRE_FACTS_UID0_AT, REGISTER(uid, 0));
    store_u32(payload + WIRE_FACTS_UID1_AT, REGISTER(uid, 4));
    store_u32(payload + WIRE_FACTS_UID2_AT, REGISTER(uid, 8));
    for (uint32_t at = 0; at < sizeof option_registers / sizeof *option_registers; at++) {
        const uint32_t option = option_registers[at];
        const bool is_missing = option == FLASH_BOOT4_CUR_AT ? device_id() != DEVICE_ID_H74X : option >= FLASH_BANK_BYTES && !flash_has_bank2();
        store_u32(payload + WIRE_FACTS_OPTSR_AT + 4 * at, is_missing ? 0 : REGISTER(FLASH_BASE, option));
    }
    store_u32(payload + WIRE_FACTS_USART_AT, uart_base());
    store_u32(payload + WIRE_FACTS_WINDOW_BYTES_AT, memory_window_bytes());
    for (uint32_t sector = 0; sector < flash_sectors(); sector++) {
        store_u32(payload + WIRE_FACTS_SECTOR_DIGESTS_AT + 4 * sector, flash_digest(flash_sector_address(sector), flash_sector_bytes()));
    }
    return WIRE_FACTS_BYTES + 4 * flash_sectors();
}
