/* The IWDG is fed whether it runs or not (RM0433 §46.4.1); the pin is a push-pull output (RM0433 §11.4). */
#include "watchdog.h"
#include "clock.h"
#include "registers.h"
#include "settings.h"

static struct {
    uint32_t due_ms; /* when the pin is toggled next */
} self;

void watchdog_begin(void)
{
    const uint32_t gpio = setting(WIRE_STUB_KICK_GPIO_AT);
    const uint32_t pin = setting(WIRE_STUB_KICK_PIN_AT);
    if (setting(WIRE_STUB_KICK_MS_AT) == 0) {
        return;
    }
    REGISTER(RCC_BASE, RCC_C1_AHB4ENR_AT) |= RCC_AHB4ENR_GPIOAEN << gpio / GPIO_PORT_BYTES % 16;
    /* Ports are in the order of their clocks' bits, port A at a multiple of 16. */
    REGISTER(gpio, GPIO_OTYPER_AT) &= ~pin;
    /* Two bits a pin, whose place is the pin's bit squared; 1: output. */
    REGISTER(gpio, GPIO_MODER_AT) = (REGISTER(gpio, GPIO_MODER_AT) & ~(3 * pin * pin)) | pin * pin;
}

void watchdog_feed(void)
{
    const uint32_t period_ms = setting(WIRE_STUB_KICK_MS_AT);
    REGISTER(IWDG1_BASE, IWDG_KR_AT) = IWDG_KR_FEED;
    if (period_ms != 0 && (int32_t)(clock_ms() - self.due_ms) >= 0) {
        self.due_ms += period_ms;
        REGISTER(setting(WIRE_STUB_KICK_GPIO_AT), GPIO_ODR_AT) ^= setting(WIRE_STUB_KICK_PIN_AT);
    }
}
