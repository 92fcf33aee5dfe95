/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/page.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "reports/phrase.h"

/* ---- text ---- */

static void put_markdown(const char *text, FILE *out)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("\\`*_[]<>|#&~$", *c) != NULL)
            putc('\\', out);
        putc(*c, out);
    }
}

static void put_html(const char *text, FILE *out)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            putc(*c, out);
        }
    }
}

void page_text(struct page *page, const char *text)
{
    char clean[SENTENCE_SIZE];
    text_escape(text, clean, sizeof clean);
    if (page->format == PAGE_HTML)
        put_html(clean, page->out);
    else
        put_markdown(clean, page->out);
}

void page_format_text(struct page *page, const char *format, ...)
{
    char text[SENTENCE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    page_text(page, text);
}

/* A code span of Markdown knows no escapes, so what would need one stands as plain text. */
static bool fits_code_span(const char *text)
{
    return *text != '\0' && strpbrk(text, "`|\\") == NULL && text_is_clean(text);
}

void page_name(struct page *page, const char *text)
{
    if (page->format == PAGE_HTML) {
        fputs("<code>", page->out);
        page_text(page, text);
        fputs("</code>", page->out);
    } else if (fits_code_span(text)) {
        fprintf(page->out, "`%s`", text);
    } else {
        page_text(page, text);
    }
}

void page_strong(struct page *page, const char *text)
{
    bool is_html = page->format == PAGE_HTML;
    fputs(is_html ? "<strong>" : "**", page->out);
    page_text(page, text);
    fputs(is_html ? "</strong>" : "**", page->out);
}

/* ---- the document ---- */

/* Readable on a screen and on A4; no fonts or scripts from elsewhere. */
static const char style[] =
    "<style>\n"
    "body { font: 16px/1.5 system-ui, 'DejaVu Sans', sans-serif; color: #222; background: #fff;\n"
    "       max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }\n"
    "h1 { font-size: 1.8rem; margin-bottom: .4rem; }\n"
    "h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 2px solid #0072b2; }\n"
    "code { font: .9em 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }\n"
    ".wide { overflow-x: auto; margin: .8rem 0; }\n"
    "table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }\n"
    "th, td { padding: .3rem .7rem; border-bottom: 1px solid #ddd; text-align: left;\n"
    "         vertical-align: top; }\n"
    "th { border-bottom: 2px solid #888; vertical-align: bottom; }\n"
    ".n { text-align: right; }\n"
    "td.n { white-space: nowrap; }\n"
    "td:first-child:not(.n) { min-width: 10rem; }\n"
    "tbody tr:nth-child(even) { background: #f6f8fa; }\n"
    "figure { margin: 1.5rem 0; break-inside: avoid; }\n"
    "figure img { width: 100%; height: auto; }\n"
    "figcaption { font-size: .9rem; color: #555; }\n"
    "@media print { body { max-width: none; margin: 0; font-size: 10pt; } }\n"
    "</style>\n";

void page_open(struct page *page, FILE *out, enum page_format format, const char *title)
{
    *page = (struct page){.out = out, .format = format, .has_pictures = true};
    if (format == PAGE_MARKDOWN) {
        fputs("# ", out);
        page_text(page, title);
        fputs("\n", out);
        return;
    }
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          out);
    page_text(page, title);
    fprintf(out, "</title>\n%s</head>\n<body>\n<h1>", style);
    page_text(page, title);
    fputs("</h1>\n", out);
}

void page_close(struct page *page)
{
    if (page->format == PAGE_HTML)
        fputs("</body>\n</html>\n", page->out);
}

/* ---- blocks ---- */

static void put(struct page *page, const char *markdown, const char *html)
{
    fputs(page->format == PAGE_HTML ? html : markdown, page->out);
}

void page_heading(struct page *page, const char *text)
{
    put(page, "\n## ", "\n<h2>");
    page_text(page, text);
    put(page, "\n", "</h2>\n");
}

void page_begin_paragraph(struct page *page)
{
    put(page, "\n", "<p>");
}

void page_end_paragraph(struct page *page)
{
    put(page, "\n", "</p>\n");
}

void page_begin_list(struct page *page)
{
    put(page, "\n", "<ul>\n");
}

void page_begin_item(struct page *page)
{
    put(page, "* ", "<li>");
}

void page_end_item(struct page *page)
{
    put(page, "\n", "</li>\n");
}

void page_end_list(struct page *page)
{
    put(page, "", "</ul>\n");
}

void page_paragraph(struct page *page, const char *text)
{
    page_begin_paragraph(page);
    page_text(page, text);
    page_end_paragraph(page);
}

void page_more(struct page *page, int64_t count, const char *file)
{
    if (count <= 0)
        return;
    page_begin_paragraph(page);
    page_format_text(page, "%" PRId64 " more in %s.", count, file);
    page_end_paragraph(page);
}

void page_picture(struct page *page, const char *name, const char *caption)
{
    bool is_html = page->format == PAGE_HTML;
    if (!page->has_pictures)
        return;
    fputs(is_html ? "<figure><img alt=\"" : "\n![", page->out);
    page_text(page, caption);
    fprintf(page->out, is_html ? "\" src=\"plots/%s.svg\"><figcaption>" : "](plots/%s.svg)\n",
            name);
    if (!is_html)
        return;
    page_text(page, caption);
    fputs("</figcaption></figure>\n", page->out);
}

/* ---- tables ---- */

static const char *html_class(const struct page_column *column)
{
    return column->is_number ? " class=\"n\"" : "";
}

void page_begin_table(struct page *page, const struct page_column *columns, int column_count)
{
    page->columns = columns;
    page->column_count = column_count;
    put(page, "\n", "<div class=\"wide\"><table>\n<thead><tr>");
    for (int i = 0; i < column_count; i++) {
        if (page->format == PAGE_HTML)
            fprintf(page->out, "<th%s>", html_class(&columns[i]));
        else
            fputs("| ", page->out);
        page_text(page, columns[i].label);
        put(page, " ", "</th>");
    }
    put(page, "|\n", "</tr></thead>\n<tbody>\n");
    if (page->format == PAGE_HTML)
        return;
    for (int i = 0; i < column_count; i++)
        fputs(columns[i].is_number ? "|---:" : "|---", page->out);
    fputs("|\n", page->out);
}

void page_begin_row(struct page *page)
{
    page->column = 0;
    put(page, "", "<tr>");
}

void page_begin_cell(struct page *page)
{
    assert(page->column < page->column_count);
    if (page->format == PAGE_HTML)
        fprintf(page->out, "%s<td%s>", page->column > 0 ? "</td>" : "",
                html_class(&page->columns[page->column]));
    else
        fputs(page->column > 0 ? " | " : "| ", page->out);
    page->column++;
}

void page_cell(struct page *page, const char *text)
{
    page_begin_cell(page);
    page_text(page, text);
}

void page_cell_name(struct page *page, const char *text)
{
    page_begin_cell(page);
    page_name(page, text);
}

void page_cell_int(struct page *page, int64_t value)
{
    page_begin_cell(page);
    fprintf(page->out, "%" PRId64, value);
}

void page_end_row(struct page *page)
{
    assert(page->column == page->column_count);
    put(page, " |\n", "</td></tr>\n");
}

void page_end_table(struct page *page)
{
    put(page, "", "</tbody>\n</table></div>\n");
    page->columns = NULL;
    page->column_count = 0;
}
