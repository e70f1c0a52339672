/* The tables of the demo application as the build made them: one in each bank. */
    .section .bank1.primes, "a"
    .balign 4
    .global primes
primes:
    .incbin "primes.bin"

    .section .bank2.collatz, "a"
    .balign 4
    .global collatz_steps
collatz_steps:
    .incbin "collatz.bin"
