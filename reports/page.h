/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_PAGE_H
#define STOWAGE_REPORTS_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A document in one of two formats, so that report.md and report.html say the same. All text given
 * here is escaped as the format needs it. Errors of the FILE are found by the caller with ferror.
 */

enum page_format { PAGE_MARKDOWN, PAGE_HTML };

struct page_column {
    const char *label;
    bool is_number; /* stands to the right */
};

struct page {
    FILE *out;
    enum page_format format;
    const struct page_column *columns; /* of the table that is open */
    int column_count;
    int column;        /* of the next cell */
    bool has_pictures; /* true at first; false: page_picture leaves nothing */
};

/* Opens the document with its title. */
void page_open(struct page *page, FILE *out, enum page_format format, const char *title);
void page_close(struct page *page);

void page_heading(struct page *page, const char *text);

/* Between begin and end: any of text, name and strong. */
void page_begin_paragraph(struct page *page);
void page_end_paragraph(struct page *page);
void page_begin_list(struct page *page);
void page_begin_item(struct page *page);
void page_end_item(struct page *page);
void page_end_list(struct page *page);

void page_text(struct page *page, const char *text);
void page_format_text(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void page_name(struct page *page, const char *text); /* an id: in a fixed-width face */
void page_strong(struct page *page, const char *text);

/* A paragraph of one text. */
void page_paragraph(struct page *page, const char *text);
/* "3 more in pending.csv." as a paragraph, when count is above 0. */
void page_more(struct page *page, int64_t count, const char *file);

/* `columns` is borrowed until page_end_table. A row takes one cell for each column: page_begin_cell
 * and what goes into it, or one of the short forms. */
void page_begin_table(struct page *page, const struct page_column *columns, int column_count);
void page_begin_row(struct page *page);
void page_begin_cell(struct page *page);
void page_cell(struct page *page, const char *text);
void page_cell_name(struct page *page, const char *text);
void page_cell_int(struct page *page, int64_t value);
void page_end_row(struct page *page); /* asserts that every column got a cell */
void page_end_table(struct page *page);

/* plots/<name>.svg with its caption, where pictures were drawn. */
void page_picture(struct page *page, const char *name, const char *caption);

#endif
