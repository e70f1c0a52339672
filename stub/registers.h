/*
 * The registers that loader, stub and demo application touch, and no others.
 *
 * Names as in the reference manuals: RM0433 (H742/743/750/753), RM0399 (H745/747/755/757), RM0468 (H72x/73x), RM0455 (H7A3/B0/B3);
 * core registers as in PM0253. `X_BASE` is an address, `X_REG_AT` an offset, `X_REG_BIT` a mask. test/repo/registers.test.ts
 * compares every value with ST's own headers (test/fixtures/stm32h7-registers.json) or demands a citation at the line.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REGISTER(base, at) (*(volatile uint32_t *)((base) + (at)))
#define REGISTER_16(base, at) (*(volatile uint16_t *)((base) + (at)))
#define REGISTER_8(base, at) (*(volatile uint8_t *)((base) + (at)))

/* Reset and clock control. The enable registers are used at their +0x130 place, which all families have. */
#define RCC_BASE 0x58024400u
#define RCC_D2CCIP2R_AT 0x54u
#define RCC_D2CCIP2R_USART28SEL_HSI (3u << 0)
#define RCC_D2CCIP2R_USART16SEL_HSI (3u << 3)
#define RCC_AHB1RSTR_AT 0x80u
#define RCC_AHB4RSTR_AT 0x88u
#define RCC_APB1LRSTR_AT 0x90u
#define RCC_APB2RSTR_AT 0x98u
#define RCC_C1_AHB1ENR_AT 0x138u  /* RM0399 §9.7.40: RCC_C1_ registers, an alias of the own core's */
#define RCC_C1_AHB2ENR_AT 0x13Cu  /* RM0399 §9.7.41 */
#define RCC_C1_AHB4ENR_AT 0x140u  /* RM0399 §9.7.42 */
#define RCC_C1_APB1LENR_AT 0x148u /* RM0399 §9.7.44 */
#define RCC_C1_APB2ENR_AT 0x150u  /* RM0399 §9.7.46 */
#define RCC_AHB1ENR_DMA1EN (1u << 0)
#define RCC_AHB1ENR_DMA2EN (1u << 1)
#define RCC_AHB2ENR_SRAM1EN (1u << 29) /* RM0433 §8.7.42; AHBSRAM1EN of H7A, RM0455 §8.7.39 */
#define RCC_AHB2ENR_SRAM2EN (1u << 30)
#define RCC_AHB4ENR_GPIOAEN (1u << 0)
#define RCC_AHB4ENR_GPIOBEN (1u << 1)
#define RCC_AHB4ENR_GPIODEN (1u << 3)
#define RCC_APB1LENR_USART2EN (1u << 17)
#define RCC_APB1LENR_USART3EN (1u << 18)
#define RCC_APB2ENR_USART1EN (1u << 4)

/* General purpose I/O: ports 0x400 apart from A on. */
#define GPIOA_BASE 0x58020000u
#define GPIO_PORT_BYTES 0x400u
#define GPIO_MODER_AT 0x00u
#define GPIO_OTYPER_AT 0x04u
#define GPIO_ODR_AT 0x14u
#define GPIO_AFRL_AT 0x20u

/* USART1, 2, 3: 0x400 apart within the peripheral space from 0x40004000 on. */
#define USART1_BASE 0x40011000u
#define USART2_BASE 0x40004400u
#define USART3_BASE 0x40004800u
#define USART_CR1_AT 0x00u
#define USART_CR2_AT 0x04u
#define USART_CR3_AT 0x08u
#define USART_BRR_AT 0x0Cu
#define USART_ISR_AT 0x1Cu
#define USART_ICR_AT 0x20u
#define USART_RDR_AT 0x24u
#define USART_TDR_AT 0x28u
#define USART_PRESC_AT 0x2Cu
#define USART_BRR_LEAST 16u /* RM0433 §48.5.4: USARTDIV, oversampling by 16 */
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_PCE (1u << 10)
#define USART_CR1_M0 (1u << 12)
#define USART_CR1_FIFOEN (1u << 29)
#define USART_CR2_ABREN (1u << 20)
#define USART_CR2_ABRMODE_7F (2u << 21)
#define USART_CR3_DMAR (1u << 6)
#define USART_CR3_DMAT (1u << 7)
#define USART_ISR_PE (1u << 0)
#define USART_ISR_FE (1u << 1)
#define USART_ISR_NE (1u << 2)
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_RXNE_RXFNE (1u << 5)
#define USART_ISR_TC (1u << 6)
#define USART_ISR_TXE_TXFNF (1u << 7)

/* DMA1: stream 0 receives, stream 1 sends. */
#define DMA1_BASE 0x40020000u
#define DMA_LISR_AT 0x00u
#define DMA_LIFCR_AT 0x08u
#define DMA1_STREAM0_BASE 0x40020010u
#define DMA1_STREAM1_BASE 0x40020028u
#define DMA_SXCR_AT 0x00u
#define DMA_SXNDTR_AT 0x04u
#define DMA_SXPAR_AT 0x08u
#define DMA_SXM0AR_AT 0x0Cu
#define DMA_SXCR_EN (1u << 0)
#define DMA_SXCR_DIR_M2P (1u << 6)
#define DMA_SXCR_CIRC (1u << 8)
#define DMA_SXCR_MINC (1u << 10)
#define DMA_SXCR_PL_HIGH (2u << 16)
#define DMA_SXCR_TRBUFF (1u << 20)
#define DMA_LIFCR_STREAM1 0xF40u /* all five flags of stream 1: bits 6, 8-11; RM0433 §15.5.3 */
#define DMAMUX1_CHANNEL0_BASE 0x40020800u
#define DMAMUX1_CHANNEL1_BASE 0x40020804u
#define DMAMUX_REQUEST_USART1_RX 41u /* RM0433 table 121; TX is the next one */
#define DMAMUX_REQUEST_USART2_RX 43u /* RM0433 table 121 */
#define DMAMUX_REQUEST_USART3_RX 45u /* RM0433 table 121 */

/* Flash controller; bank 2's registers 0x100 behind bank 1's. */
#define FLASH_BASE 0x52002000u
#define FLASH_BANK_BYTES 0x100u /* RM0433 §4.9.26: bank 2 registers from 0x100 on */
#define FLASH_KEYR_AT 0x04u
#define FLASH_CR_AT 0x0Cu
#define FLASH_SR_AT 0x10u
#define FLASH_CCR_AT 0x14u
#define FLASH_OPTSR_CUR_AT 0x1Cu
#define FLASH_PRAR_CUR_AT 0x28u
#define FLASH_SCAR_CUR_AT 0x30u
#define FLASH_WPSN_CUR_AT 0x38u
#define FLASH_BOOT_CUR_AT 0x40u
#define FLASH_BOOT4_CUR_AT 0x48u
#define FLASH_KEY1 0x45670123u /* RM0433 §4.9.2 */
#define FLASH_KEY2 0xCDEF89ABu /* RM0433 §4.9.2 */
#define FLASH_CR_LOCK (1u << 0)
#define FLASH_CR_PG (1u << 1)
#define FLASH_CR_SER (1u << 2)
#define FLASH_CR_PSIZE_X64 (3u << 4)
#define FLASH_CR_START (1u << 7)
#define FLASH_CR_SNB_POSITION 8u
#define FLASH_H7A_CR_START (1u << 5)
#define FLASH_H7A_CR_SSN_POSITION 6u
#define FLASH_SR_BSY (1u << 0)
#define FLASH_SR_WBNE (1u << 1)
#define FLASH_SR_QW (1u << 2)
#define FLASH_SR_READ_ERRORS 0x05800000u /* RDPERR 23, RDSERR 24, DBECCERR 26; RM0433 §4.9.5 */
#define FLASH_SR_OPERATION_ERRORS 0x006E0000u /* WRPERR 17, PGSERR 18, STRBERR 19, INCERR 21, OPERR 22; RM0433 §4.9.5 */
#define FLASH_SR_ERRORS 0x07EE0000u /* WRPERR 17 … OPERR 22 and RDPERR 23 … DBECCERR 26; RM0433 §4.9.5 */

/* Facts of the part, at addresses that differ between the families. */
#define DBGMCU_BASE 0x5C001000u
#define DBGMCU_IDCODE_AT 0x00u
#define DEVICE_ID_H74X 0x450u /* RM0433 §60.5.8 */
#define DEVICE_ID_H72X 0x483u /* RM0468 §65.5.8 */
#define DEVICE_ID_H7A 0x480u  /* RM0455 §62.5.8 */
#define FLASH_SIZE_ADDRESS 0x1FF1E880u
#define FLASH_SIZE_ADDRESS_H7A 0x08FFF80Cu
#define UID_ADDRESS 0x1FF1E800u
#define UID_ADDRESS_H7A 0x08FFF800u
#define ROM_VERSION_ADDRESS 0x1FF1E7FEu     /* AN2606 table 136 */
#define ROM_VERSION_ADDRESS_H7A 0x1FF13FFEu /* AN2606 table 137 */

/* Independent watchdog: fed whether it runs or not. */
#define IWDG1_BASE 0x58004800u
#define IWDG_KR_AT 0x00u
#define IWDG_KR_FEED 0xAAAAu /* RM0433 §46.4.1 */

/* AXI interconnect, target 7 (AXI SRAM): read issuing override. ES0392 §2.2.9: AXI SRAM may be read wrong on early H74x without it. */
#define AXI_TARG7_FN_MOD_ADDRESS 0x51008108u /* RM0433 §2.2.4 */
#define AXI_READ_ISS_OVERRIDE 1u /* RM0433 §2.2.4 */

/* Core. */
#define SCS_BASE 0xE000E000u /* PM0253 §4.1: the private peripherals of the core */
#define SYSTICK_BASE 0xE000E010u
#define SYSTICK_CTRL_AT 0x00u
#define SYSTICK_LOAD_AT 0x04u
#define SYSTICK_CTRL_ENABLE (1u << 0)
#define SYSTICK_CTRL_CLKSOURCE (1u << 2)
#define SYSTICK_CTRL_COUNTFLAG (1u << 16)
#define NVIC_ICER_BASE 0xE000E180u /* PM0253 §4.2.3 */
#define NVIC_ICPR_BASE 0xE000E280u /* PM0253 §4.2.5 */
#define NVIC_BYTES 20u             /* of each: 160 lines (PM0253 §4.2); an H743 has 150 */
#define SCB_BASE 0xE000ED00u
#define SCB_ICSR_AT 0x04u
#define SCB_ICSR_PENDSTCLR (1u << 25) /* PM0253 §4.3.3 */
#define SCB_ICSR_PENDSVCLR (1u << 27) /* PM0253 §4.3.3 */
#define SCB_VTOR_AT 0x08u
#define SCB_AIRCR_AT 0x0Cu
#define SCB_CCR_AT 0x14u
#define SCB_CFSR_AT 0x28u
#define SCB_HFSR_AT 0x2Cu
#define SCB_BFAR_AT 0x38u
#define SCB_AIRCR_RESET 0x05FA0004u /* VECTKEY and SYSRESETREQ; PM0253 §4.3.5 */
#define SCB_CCR_BFHFNMIGN (1u << 8)
#define SCB_CCR_DC (1u << 16)
#define SCB_CCR_IC (1u << 17)
#define SCB_CFSR_WRITE_ONE_TO_CLEAR 0xFFFFFFFFu
#define MPU_BASE 0xE000ED90u
#define MPU_CTRL_AT 0x04u
#define COREDEBUG_BASE 0xE000EDF0u
#define COREDEBUG_DEMCR_AT 0x0Cu
#define COREDEBUG_DEMCR_TRCENA (1u << 24)
#define DWT_BASE 0xE0001000u
#define DWT_CTRL_AT 0x00u
#define DWT_CYCCNT_AT 0x04u
#define DWT_LAR_AT 0xFB0u
#define DWT_CTRL_CYCCNTENA (1u << 0)
#define DWT_LAR_UNLOCK 0xC5ACCE55u /* Arm CoreSight lock access register; needed on Cortex-M7 */

#endif
