/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_MEMORY_H
#define STOWAGE_BASE_MEMORY_H

#include <stddef.h>

/* Memory for a table of `size` bytes, whatever is in it, from the beginning of a line of the cache
 * on; free() gives it back. NULL: there is none.
 *
 * A table of 2 MiB and more begins where a page of 2 MiB does, and Linux is asked for such pages
 * (transparent huge pages; some systems give them only to those who ask). Where a row lies in
 * memory is looked up in tables of its own, of which a processor remembers a few thousand pages: of
 * 4 KiB these are less than the rows of a large fleet, and each row that is touched has to be
 * looked up anew. */
enum { CACHE_LINE_BYTES = 64, LARGE_PAGE_BYTES = 2 << 20 };
void *memory_table(size_t size);

/* Asks for large pages for this memory, which begins and ends where one does. It may get none. */
void memory_wish_large_pages(void *bytes, size_t size);

/* From now on memory that is freed stays with the process, for what it allocates next, and all of
 * it comes from the heap. To be called once, before the first thread starts; only glibc heeds it.
 *
 * Else large arrays are mapped, and unmapped when they grow or a run ends. Taking pages from a
 * process makes the processor forget where all its other pages are. Some virtual machines have to
 * work that out anew when each is touched next, for 5 us a page where 0.03 us is usual. The price
 * is what lies idle between two tables: mostly a tenth to a fifth of the memory of a run, a third
 * where a few runs follow each other.
 *
 * Tables of less than 2 MiB lie on large pages too, where they are among the first 64 MiB. */
void memory_keep(void);

#endif
