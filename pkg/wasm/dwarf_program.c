/* Line programs (DWARF 5, section 6.2): a machine whose registers become rows. */
#include "pkg/wasm/dwarf_read.h"

bool dwarf_read_program(struct dwarf_unit *unit, struct dwarf_program *out)
{
    struct dwarf_cursor *cursor = &unit->content;
    if (unit->version < 2 || unit->version > 5)
        return false;
    if (unit->version == 5) {
        unit->address_size = (unsigned)dwarf_fixed(cursor, 1);
        (void)dwarf_fixed(cursor, 1); /* the size of a segment selector */
    }
    uint64_t header_size = dwarf_fixed(cursor, unit->offset_size);
    struct dwarf_cursor header = dwarf_cut(cursor, header_size);
    *out = (struct dwarf_program){.unit = *unit, .code = *cursor};
    out->instruction_size = (uint8_t)dwarf_fixed(&header, 1);
    out->operations = unit->version >= 4 ? (uint8_t)dwarf_fixed(&header, 1) : 1;
    (void)dwarf_fixed(&header, 1); /* whether rows begin as statements */
    out->line_base = (int8_t)dwarf_fixed(&header, 1);
    out->line_range = (uint8_t)dwarf_fixed(&header, 1);
    out->opcode_base = (uint8_t)dwarf_fixed(&header, 1);
    if (out->opcode_base == 0 || out->line_range == 0)
        return false;
    out->operands = header.at;
    (void)dwarf_cut(&header, out->opcode_base - 1u);
    out->tables = header;
    return !header.failed && !cursor->failed;
}

/* --- who waits for rows --- */

/* The first at or behind `index` without a match; the way there is shortened for the next. */
static size_t find_open(struct dwarf_search *search, size_t index)
{
    size_t *next = search->next_open;
    while (next[index] != index) {
        next[index] = next[next[index]];
        index = next[index];
    }
    return index;
}

static size_t first_open(struct dwarf_search *search, uint64_t address)
{
    size_t low = 0, high = search->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (search->wanted[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return find_open(search, low);
}

struct place {
    uint64_t file;
    uint32_t line; /* 0 is for code of no line of its own */
};

struct machine {
    const struct dwarf_program *program;
    struct dwarf_search *search;
    struct dwarf_cursor code;
    uint64_t address, operation;
    struct place here;
    /* Code that was left out of the module stands at 0, or far beyond its end. */
    bool dead;
    uint64_t last; /* address of the row before; UINT64_MAX: there is none */
    struct place last_place;
    struct place first_place; /* the first of the sequence with a line: where a function begins */
    uint64_t next;            /* the first address at or behind `last` that is waited for */
};

static uint64_t waits_at(const struct dwarf_search *search, size_t index)
{
    return index < search->count ? search->wanted[index].address : UINT64_MAX;
}

static void start_sequence(struct machine *machine)
{
    machine->address = machine->operation = 0;
    machine->here = (struct place){1, 1};
    machine->first_place.line = 0;
    machine->dead = true;
    machine->last = machine->next = UINT64_MAX;
}

/* What is waited for between the last row and this one belongs to the last. */
static void claim(struct machine *machine)
{
    struct dwarf_search *search = machine->search;
    const struct place *place =
        machine->last_place.line ? &machine->last_place : &machine->first_place;
    size_t index = first_open(search, machine->last);
    while (place->line && waits_at(search, index) < machine->address) {
        search->matches[search->match_count++] =
            (struct dwarf_match){.wanted = search->wanted[index].index,
                                 .unit = machine->program->unit.offset,
                                 .file = place->file,
                                 .line = place->line};
        search->next_open[index] = index + 1;
        index = find_open(search, index);
    }
    machine->next = waits_at(search, first_open(search, machine->address));
}

static inline void add_row(struct machine *machine)
{
    if (machine->dead)
        return;
    if (machine->address > machine->next)
        claim(machine);
    else if (machine->address < machine->last)
        machine->next = waits_at(machine->search, first_open(machine->search, machine->address));
    machine->last = machine->address;
    machine->last_place = machine->here;
    if (!machine->first_place.line)
        machine->first_place = machine->here;
}

static void end_sequence(struct machine *machine)
{
    if (!machine->dead && machine->address > machine->next)
        claim(machine);
    start_sequence(machine);
}

static void advance(struct machine *machine, uint64_t operations)
{
    uint64_t most = machine->program->operations;
    if (most > 1) {
        uint64_t all = machine->operation + operations;
        machine->operation = all % most;
        operations = all / most;
    }
    machine->address += operations * machine->program->instruction_size;
}

static void special(struct machine *machine, uint8_t opcode)
{
    const struct dwarf_program *program = machine->program;
    uint8_t adjusted = (uint8_t)(opcode - program->opcode_base);
    advance(machine, adjusted / program->line_range);
    machine->here.line += (uint32_t)(program->line_base + adjusted % program->line_range);
    add_row(machine);
}

/* The end of the code is where its last sequence may end. */
static void set_address(struct machine *machine, struct dwarf_cursor *operand)
{
    size_t size = (size_t)(operand->end - operand->at);
    uint64_t address = dwarf_fixed(operand, size <= 8 ? (unsigned)size : 0);
    machine->address = address;
    machine->operation = 0;
    machine->dead = address == 0 || address > machine->search->code_size;
    if (machine->dead)
        machine->last = machine->next = UINT64_MAX;
}

static void extended(struct machine *machine)
{
    enum { END_SEQUENCE = 1, SET_ADDRESS = 2 };
    struct dwarf_cursor operand = dwarf_cut(&machine->code, dwarf_unsigned(&machine->code));
    uint8_t opcode = (uint8_t)dwarf_fixed(&operand, 1);
    if (opcode == END_SEQUENCE)
        end_sequence(machine);
    else if (opcode == SET_ADDRESS)
        set_address(machine, &operand);
}

static void standard(struct machine *machine, uint8_t opcode)
{
    const struct dwarf_program *program = machine->program;
    enum { EXTENDED, COPY, ADVANCE_PC, ADVANCE_LINE, SET_FILE, CONST_ADD_PC = 8, FIXED_ADVANCE };
    switch (opcode) {
    case EXTENDED:
        extended(machine);
        break;
    case COPY:
        add_row(machine);
        break;
    case ADVANCE_PC:
        advance(machine, dwarf_unsigned(&machine->code));
        break;
    case ADVANCE_LINE:
        machine->here.line += (uint32_t)dwarf_signed(&machine->code);
        break;
    case SET_FILE:
        machine->here.file = dwarf_unsigned(&machine->code);
        break;
    case CONST_ADD_PC:
        advance(machine, (255u - program->opcode_base) / program->line_range);
        break;
    case FIXED_ADVANCE:
        machine->address += dwarf_fixed(&machine->code, 2);
        machine->operation = 0;
        break;
    default:
        for (unsigned count = program->operands[opcode - 1]; count > 0; count--)
            (void)dwarf_unsigned(&machine->code);
    }
}

void dwarf_run(const struct dwarf_program *program, struct dwarf_search *search)
{
    struct machine machine = {.program = program, .search = search, .code = program->code};
    start_sequence(&machine);
    while (machine.code.at < machine.code.end && search->match_count < search->count) {
        uint8_t opcode = *machine.code.at++;
        if (opcode >= program->opcode_base)
            special(&machine, opcode);
        else
            standard(&machine, opcode);
    }
}
