/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_MEMORY_H
#define STOWAGE_BASE_MEMORY_H

/* From now on memory that is freed stays with the process, for what it allocates next, and all of
 * it comes from the heap. To be called once, before the first thread starts; only glibc heeds it.
 *
 * Else large arrays are mapped, and unmapped when they grow or a run ends. Taking pages from a
 * process makes the processor forget where all its other pages are. Some virtual machines have to
 * work that out anew when each is touched next, for 5 us a page where 0.03 us is usual. The price
 * is what lies idle between two tables: mostly a tenth to a fifth of the memory of a run, a third
 * where a few runs follow each other. */
void memory_keep(void);

#endif
