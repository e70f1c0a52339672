/* What resets the board unless it is told in time that all is well: the chip's own watchdog, and one beside the chip that wants edges on a pin. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

/* Takes the pin that the settings name; the clock runs already. Without one, no port is touched. */
void watchdog_begin(void);

/* To be called at least every few milliseconds, by whatever takes longer. */
void watchdog_feed(void);

#endif
