/* Numbers, strings and forms (DWARF 5, section 7.5.6 and 7.6). */
#include <string.h>

#include "pkg/wasm/dwarf_read.h"

static uint64_t fail(struct dwarf_cursor *cursor)
{
    cursor->failed = true;
    cursor->at = cursor->end;
    return 0;
}

static size_t left(const struct dwarf_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

uint64_t dwarf_fixed(struct dwarf_cursor *cursor, unsigned size)
{
    uint64_t value = 0;
    if (size > sizeof value || left(cursor) < size)
        return fail(cursor);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)cursor->at[i] << (8 * i);
    cursor->at += size;
    return value;
}

/* Padding is allowed, up to the ten bytes of the largest number; bits beyond 64 are lost. */
enum { LEB_MOST = 10 };

static uint64_t read_leb(struct dwarf_cursor *cursor, bool is_signed)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < LEB_MOST && i < left(cursor); i++) {
        uint8_t byte = cursor->at[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        cursor->at += i + 1;
        if (is_signed && (byte & 0x40) && i + 1 < LEB_MOST)
            value |= UINT64_MAX << (7 * (i + 1));
        return value;
    }
    return fail(cursor);
}

uint64_t dwarf_unsigned(struct dwarf_cursor *cursor)
{
    if (cursor->at < cursor->end && *cursor->at < 0x80)
        return *cursor->at++;
    return read_leb(cursor, false);
}

int64_t dwarf_signed(struct dwarf_cursor *cursor)
{
    if (cursor->at < cursor->end && *cursor->at < 0x40)
        return *cursor->at++;
    return (int64_t)read_leb(cursor, true);
}

struct dwarf_cursor dwarf_cut(struct dwarf_cursor *cursor, uint64_t size)
{
    struct dwarf_cursor part = {cursor->at, cursor->at, false};
    if (size > left(cursor)) {
        fail(cursor);
        return (struct dwarf_cursor){cursor->end, cursor->end, true};
    }
    cursor->at += size;
    part.end = cursor->at;
    return part;
}

struct bytes dwarf_text(struct dwarf_cursor *cursor)
{
    const uint8_t *start = cursor->at;
    const uint8_t *end = left(cursor) ? memchr(start, 0, left(cursor)) : NULL;
    if (!end) {
        fail(cursor);
        return (struct bytes){start, 0};
    }
    cursor->at = end + 1;
    return (struct bytes){start, (size_t)(end - start)};
}

bool dwarf_next_unit(struct dwarf_cursor *cursor, struct bytes section, struct dwarf_unit *out)
{
    *out = (struct dwarf_unit){.offset = (uint64_t)(cursor->at - section.data), .offset_size = 4};
    uint64_t size = dwarf_fixed(cursor, 4);
    if (size == UINT32_MAX) {
        out->offset_size = 8;
        size = dwarf_fixed(cursor, 8);
    } else if (size >= 0xfffffff0) {
        fail(cursor); /* reserved */
    }
    out->content = dwarf_cut(cursor, size);
    out->version = (unsigned)dwarf_fixed(&out->content, 2);
    return !cursor->failed;
}

static struct bytes text_at(struct bytes section, uint64_t offset)
{
    if (offset >= section.size)
        return (struct bytes){NULL, 0};
    return (struct bytes){section.data + offset, section.size - (size_t)offset};
}

enum {
    FORM_ADDR = 0x01,
    FORM_STRING = 0x08,
    FORM_SDATA = 0x0d,
    FORM_STRP = 0x0e,
    FORM_REF_ADDR = 0x10,
    FORM_INDIRECT = 0x16,
    FORM_LINE_STRP = 0x1f
};

/* How the forms that are not in the list above are read. */
enum shape {
    FIXED, /* and its size */
    LEB,
    OFFSET,
    BLOCK,    /* a size of so many bytes, and that many */
    BLOCK_LEB /* a LEB128 size, and that many */
};

static const struct form_row {
    uint16_t form;
    uint8_t shape, size;
} form_rows[] = {
    {0x03, BLOCK, 2},     {0x04, BLOCK, 4},     {0x05, FIXED, 2},    {0x06, FIXED, 4},
    {0x07, FIXED, 8},     {0x09, BLOCK_LEB, 0}, {0x0a, BLOCK, 1},    {0x0b, FIXED, 1},
    {0x0c, FIXED, 1},     {0x0f, LEB, 0},       {0x11, FIXED, 1},    {0x12, FIXED, 2},
    {0x13, FIXED, 4},     {0x14, FIXED, 8},     {0x15, LEB, 0},      {0x17, OFFSET, 0},
    {0x18, BLOCK_LEB, 0}, {0x19, FIXED, 0},     {0x1a, LEB, 0},      {0x1b, LEB, 0},
    {0x1c, FIXED, 4},     {0x1d, OFFSET, 0},    {0x1e, FIXED, 16},   {0x20, FIXED, 8},
    {0x21, FIXED, 0},     {0x22, LEB, 0},       {0x23, LEB, 0},      {0x24, FIXED, 8},
    {0x25, FIXED, 1},     {0x26, FIXED, 2},     {0x27, FIXED, 3},    {0x28, FIXED, 4},
    {0x29, FIXED, 1},     {0x2a, FIXED, 2},     {0x2b, FIXED, 3},    {0x2c, FIXED, 4},
    {0x1f01, LEB, 0},     {0x1f02, LEB, 0},     {0x1f20, OFFSET, 0}, {0x1f21, OFFSET, 0},
};

static const struct form_row *find_form(uint64_t form)
{
    for (size_t i = 0; i < sizeof form_rows / sizeof *form_rows; i++)
        if (form_rows[i].form == form)
            return &form_rows[i];
    return NULL;
}

static uint64_t read_shape(struct dwarf_cursor *cursor, const struct dwarf_unit *unit,
                           const struct form_row *row)
{
    switch ((enum shape)row->shape) {
    case FIXED:
        if (row->size <= 8)
            return dwarf_fixed(cursor, row->size);
        (void)dwarf_cut(cursor, row->size);
        return 0;
    case LEB:
        return dwarf_unsigned(cursor);
    case OFFSET:
        return dwarf_fixed(cursor, unit->offset_size);
    case BLOCK:
        (void)dwarf_cut(cursor, dwarf_fixed(cursor, row->size));
        return 0;
    case BLOCK_LEB:
        (void)dwarf_cut(cursor, dwarf_unsigned(cursor));
        return 0;
    }
    return 0;
}

void dwarf_read_form(struct dwarf_cursor *cursor, const struct dwarf_unit *unit,
                     const struct dwarf_sections *sections, uint64_t form, struct dwarf_value *out)
{
    *out = (struct dwarf_value){0, {NULL, 0}};
    if (form == FORM_INDIRECT)
        form = dwarf_unsigned(cursor);
    const struct form_row *row = find_form(form);
    if (form == FORM_STRING)
        out->text = dwarf_text(cursor);
    else if (form == FORM_STRP)
        out->text = text_at(sections->str, dwarf_fixed(cursor, unit->offset_size));
    else if (form == FORM_LINE_STRP)
        out->text = text_at(sections->line_str, dwarf_fixed(cursor, unit->offset_size));
    else if (form == FORM_SDATA)
        out->number = (uint64_t)dwarf_signed(cursor);
    else if (form == FORM_ADDR || (form == FORM_REF_ADDR && unit->version == 2))
        out->number = dwarf_fixed(cursor, unit->address_size);
    else if (form == FORM_REF_ADDR)
        out->number = dwarf_fixed(cursor, unit->offset_size);
    else if (row)
        out->number = read_shape(cursor, unit, row);
    else
        fail(cursor);
}
