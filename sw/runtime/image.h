/* Bounds of the image's parts, from the linker script. All are page aligned. */
#ifndef KILBURN_SW_RUNTIME_IMAGE_H
#define KILBURN_SW_RUNTIME_IMAGE_H

extern char kilburn_image[];       /* code */
extern char kilburn_trampoline[];  /* one page of the code */
extern char kilburn_text_end[];    /* constants */
extern char kilburn_data[];        /* data and bss */
extern char kilburn_data_end[];    /* also: the harts' regions */
extern char kilburn_free_memory[]; /* behind everything */
extern char kilburn_tls_image[];   /* initialised thread-local storage, not aligned */
extern char kilburn_tls_image_end[];

#endif
