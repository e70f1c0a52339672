#include "fault.h"
#include "registers.h"
#include "uart.h"
#include "wire.gen.h"

static void on_fault(void);

/*
 * Exceptions 2 to 6: NMI and the faults (PM0253 §2.3.4). The table begins with the stub itself; what the first two words would be for happens at a
 * reset only, and the others do not happen: the stub enables none, and PRIMASK is set.
 */
__attribute__((section(".vectors"), used)) static void (*const vectors[5])(void) = {on_fault, on_fault, on_fault, on_fault, on_fault};

void fault_take_over(void)
{
    REGISTER(SYSTICK_BASE, SYSTICK_CTRL_AT) = 0;
    REGISTER(MPU_BASE, MPU_CTRL_AT) = 0;
    /* Caches off: the ring is written by DMA behind the data cache's back. */
    REGISTER(SCB_BASE, SCB_CCR_AT) &= ~(SCB_CCR_DC | SCB_CCR_IC);
    REGISTER(SCB_BASE, SCB_VTOR_AT) = WIRE_STUB_BASE_ADDRESS;
    REGISTER(SCB_BASE, SCB_CFSR_AT) = SCB_CFSR_WRITE_ONE_TO_CLEAR;
    __asm volatile("dsb\n isb");
}

void reset_chip(void)
{
    __asm volatile("dsb");
    REGISTER(SCB_BASE, SCB_AIRCR_AT) = SCB_AIRCR_RESET;
    for (;;) {
    }
}

/* Runs with the stacked frame of the faulting code: r0-r3, r12, lr, pc, xpsr (PM0253 §2.3.7). */
__attribute__((used, noreturn)) static void report_fault(const uint32_t *stacked)
{
    if (uart_base() == 0) {
        reset_chip(); /* before there is a line */
    }
    uint8_t *const payload = uart_answer_payload();
    store_u32(payload + WIRE_FAULT_PC_AT, stacked[6]);
    store_u32(payload + WIRE_FAULT_CFSR_AT, REGISTER(SCB_BASE, SCB_CFSR_AT));
    store_u32(payload + WIRE_FAULT_HFSR_AT, REGISTER(SCB_BASE, SCB_HFSR_AT));
    store_u32(payload + WIRE_FAULT_ADDRESS_AT, REGISTER(SCB_BASE, SCB_BFAR_AT));
    uart_answer(WIRE_TYPE_FAULT, 0, WIRE_FAULT_BYTES);
    uart_finish();
    reset_chip();
}

__attribute__((naked)) static void on_fault(void)
{
    __asm("mrs r0, msp\n"
          "b report_fault\n");
}
