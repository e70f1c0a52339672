#include "clock.h"
#include "registers.h"

static struct {
    uint32_t cycles; /* counter value up to which milliseconds are counted */
    uint32_t ms;
} self;

void clock_begin(void)
{
    REGISTER(COREDEBUG_BASE, COREDEBUG_DEMCR_AT) |= COREDEBUG_DEMCR_TRCENA;
    REGISTER(DWT_BASE, DWT_LAR_AT) = DWT_LAR_UNLOCK;
    REGISTER(DWT_BASE, DWT_CTRL_AT) |= DWT_CTRL_CYCCNTENA;
    self.cycles = REGISTER(DWT_BASE, DWT_CYCCNT_AT);
}

uint32_t clock_ms(void)
{
    const uint32_t passed = (REGISTER(DWT_BASE, DWT_CYCCNT_AT) - self.cycles) / CLOCK_CYCLES_PER_MS;
    self.cycles += passed * CLOCK_CYCLES_PER_MS;
    self.ms += passed;
    return self.ms;
}
