/* stdout: where its characters go. */
#ifndef KILBURN_SW_RUNTIME_CONSOLE_H
#define KILBURN_SW_RUNTIME_CONSOLE_H

/* Instead of the UART. A process that has no access to it hands over its system call. */
void console_set_output(void (*put)(char));

#endif
