#include "pkg/wasm/instruction.h"

enum { MEMARG_INDEX = 0x40, MEMARG_ORDER = 0x30, MEMARG_KNOWN = 0x7f };

static void note(struct scan *scan, const struct instruction *instruction,
                 enum wasm_feature feature, const char *what)
{
    scan_note(scan, feature, WASM_BY_INSTRUCTION, instruction->at, what);
}

static void read_block_type(struct scan *scan, struct instruction *instruction)
{
    struct reader *reader = &scan->reader;
    uint8_t first = reader_left(reader) ? *reader->at : 0;
    if (first == BLOCK_EMPTY) {
        reader->at++;
        instruction->block = BLOCK_VOID;
    } else if ((first & 0xc0) == 0x40) {
        instruction->type = scan_value_type(scan);
        instruction->block = BLOCK_VALUE;
    } else {
        const uint8_t *where = reader->at;
        int64_t index = read_signed(reader, 33);
        if (index < 0)
            reader_fail(reader, where, "malformed block type");
        note(scan, instruction, WASM_FEATURE_MULTIVALUE, "block with a type index");
        instruction->index = (uint32_t)index;
        instruction->block = BLOCK_INDEX;
    }
}

static void read_memarg(struct scan *scan, struct instruction *instruction)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint32_t flags = read_u32(reader);
    bool atomic = *instruction->at == 0xfe;
    if (flags & ~(uint32_t)MEMARG_KNOWN)
        reader_fail(reader, where, "malformed memop flags 0x%lx", (unsigned long)flags);
    instruction->index = 0;
    if (flags & MEMARG_INDEX) {
        note(scan, instruction, WASM_FEATURE_MULTIMEMORY, "memory index in a memory access");
        instruction->index = read_u32(reader);
    }
    /* No atomic access is aligned to 2^16, so these bits are the ordering drafts'. */
    if (atomic && flags & MEMARG_ORDER) {
        note(scan, instruction, WASM_FEATURE_SHARED_EVERYTHING_THREADS,
             "memory access with an ordering");
        (void)read_byte(reader);
        flags &= ~(uint32_t)MEMARG_ORDER;
    }
    instruction->alignment = flags & 0x3f;
    instruction->value = read_u64(reader);
}

/* Without multiple memories the index is exactly one zero byte. */
static uint32_t read_memory(struct scan *scan, const struct instruction *instruction)
{
    const uint8_t *where = scan->reader.at;
    uint32_t index = read_u32(&scan->reader);
    if (index != 0 || scan->reader.at - where > 1)
        note(scan, instruction, WASM_FEATURE_MULTIMEMORY, instruction->opcode->name);
    return index;
}

static void read_type_table(struct scan *scan, struct instruction *instruction)
{
    struct reader *reader = &scan->reader;
    instruction->index = read_u32(reader);
    const uint8_t *where = reader->at;
    instruction->second = read_u32(reader);
    bool overlong = instruction->second != 0 || reader->at - where > 1;
    if (overlong && *instruction->at == OP_CALL_INDIRECT)
        note(scan, instruction, WASM_FEATURE_CALL_INDIRECT_OVERLONG, instruction->opcode->name);
}

static void read_br_table(struct reader *reader, struct instruction *instruction)
{
    const uint8_t *start = reader->at;
    uint32_t count = read_u32(reader);
    if (count >= reader_left(reader))
        reader_fail(reader, start, "length out of bounds: %lu labels announced, %zu bytes left",
                    (unsigned long)count, reader_left(reader));
    const uint8_t *labels = reader->at;
    for (uint64_t i = 0; i <= count && !reader->failed; i++)
        instruction->second = read_u32(reader);
    instruction->count = count;
    instruction->list = (struct bytes){labels, (size_t)(reader->at - labels)};
}

/* Clauses of a kind byte, then a tag if `tagged` has the kind's bit, then a label if `labelled`
   has it. */
static void read_clauses(struct reader *reader, struct instruction *instruction, unsigned kinds,
                         unsigned tagged, unsigned labelled)
{
    uint32_t count = read_count(reader, "clauses", 2);
    const uint8_t *clauses = reader->at;
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        uint8_t kind = read_byte(reader);
        if (kind >= kinds) {
            reader_fail(reader, where, "malformed clause kind 0x%02x", kind);
            return;
        }
        if (tagged >> kind & 1)
            (void)read_u32(reader);
        if (labelled >> kind & 1)
            (void)read_u32(reader);
    }
    instruction->count = count;
    instruction->list = (struct bytes){clauses, (size_t)(reader->at - clauses)};
}

static void read_catches(struct reader *reader, struct instruction *instruction)
{
    /* catch, catch_ref, catch_all, catch_all_ref: the first two name a tag. */
    read_clauses(reader, instruction, 4, 0x3, 0xf);
}

static void read_handlers(struct reader *reader, struct instruction *instruction)
{
    /* on a tag with a label; on a tag with a switch. */
    read_clauses(reader, instruction, 2, 0x3, 0x1);
}

static void read_select(struct scan *scan, struct instruction *instruction)
{
    instruction->count = read_count(&scan->reader, "types", 1);
    for (uint32_t i = 0; i < instruction->count && !scan->reader.failed; i++) {
        struct value_type type = scan_value_type(scan);
        if (i == 0)
            instruction->type = type;
    }
}

static void read_cast(struct scan *scan, struct instruction *instruction)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint8_t flags = read_byte(reader);
    if (flags > 3)
        reader_fail(reader, where, "malformed cast flags 0x%02x", flags);
    instruction->index = read_u32(reader);
    instruction->type = scan_heap_type(scan, flags & 1 ? TYPE_REF_NULL : TYPE_REF);
    instruction->target = scan_heap_type(scan, flags & 2 ? TYPE_REF_NULL : TYPE_REF);
}

static void read_fence(struct scan *scan, const struct instruction *instruction)
{
    const uint8_t *where = scan->reader.at;
    uint8_t order = read_byte(&scan->reader);
    if (order > 1)
        reader_fail(&scan->reader, where, "malformed ordering 0x%02x", order);
    if (order == 1)
        note(scan, instruction, WASM_FEATURE_SHARED_EVERYTHING_THREADS, "fence with an ordering");
}

static void read_order(struct reader *reader)
{
    const uint8_t *where = reader->at;
    if (read_u32(reader) > 1)
        reader_fail(reader, where, "malformed ordering");
}

static void read_data(struct scan *scan, struct instruction *instruction, uint32_t *out)
{
    if (!scan->has_data_count)
        reader_fail(&scan->reader, instruction->at, "data count section required by %s",
                    instruction->opcode->name);
    *out = read_u32(&scan->reader);
}

static void read_raw(struct reader *reader, struct instruction *instruction, size_t size)
{
    instruction->list = read_bytes(reader, size);
    instruction->value = 0;
    for (size_t i = 0; i < instruction->list.size && i < 8; i++)
        instruction->value |= (uint64_t)instruction->list.data[i] << (8 * i);
}

static void read_two(struct reader *reader, struct instruction *instruction)
{
    instruction->index = read_u32(reader);
    instruction->second = read_u32(reader);
}

/* Shapes of the garbage collection, threads and later proposals. */
static void read_modern(struct scan *scan, struct instruction *instruction)
{
    struct reader *reader = &scan->reader;
    switch (instruction->opcode->immediates) {
    case IMMEDIATES_HEAP:
        instruction->type = scan_heap_type(scan, TYPE_REF);
        break;
    case IMMEDIATES_CAST:
        read_cast(scan, instruction);
        break;
    case IMMEDIATES_TYPE_DATA:
        instruction->index = read_u32(reader);
        read_data(scan, instruction, &instruction->second);
        break;
    case IMMEDIATES_FENCE:
        read_fence(scan, instruction);
        break;
    case IMMEDIATES_ORDER_GLOBAL:
    case IMMEDIATES_ORDER_TABLE:
    case IMMEDIATES_ORDER_TYPE:
        read_order(reader);
        instruction->index = read_u32(reader);
        break;
    case IMMEDIATES_ORDER_TYPE_FIELD:
        read_order(reader);
        read_two(reader, instruction);
        break;
    case IMMEDIATES_TRY_TABLE:
        read_block_type(scan, instruction);
        read_catches(reader, instruction);
        break;
    case IMMEDIATES_RESUME_THROW:
        instruction->second = 0;
        read_two(reader, instruction);
        read_handlers(reader, instruction);
        break;
    case IMMEDIATES_RESUME:
        instruction->index = read_u32(reader);
        read_handlers(reader, instruction);
        break;
    default: /* the remaining ones are two indices */
        read_two(reader, instruction);
    }
}

static void read_constants(struct scan *scan, struct instruction *instruction)
{
    struct reader *reader = &scan->reader;
    switch (instruction->opcode->immediates) {
    case IMMEDIATES_S32:
        instruction->value = (uint64_t)read_signed(reader, 32);
        return;
    case IMMEDIATES_S64:
        instruction->value = (uint64_t)read_signed(reader, 64);
        return;
    case IMMEDIATES_F32:
        read_raw(reader, instruction, 4);
        return;
    case IMMEDIATES_F64:
        read_raw(reader, instruction, 8);
        return;
    case IMMEDIATES_V128:
    case IMMEDIATES_LANES:
        read_raw(reader, instruction, 16);
        return;
    case IMMEDIATES_LANE:
        instruction->second = read_byte(reader);
        return;
    default:
        read_modern(scan, instruction);
    }
}

static void read_memory_immediates(struct scan *scan, struct instruction *instruction)
{
    switch (instruction->opcode->immediates) {
    case IMMEDIATES_MEMARG:
        read_memarg(scan, instruction);
        return;
    case IMMEDIATES_MEMARG_LANE:
        read_memarg(scan, instruction);
        instruction->second = read_byte(&scan->reader);
        return;
    case IMMEDIATES_MEMORY:
        instruction->index = read_memory(scan, instruction);
        if (instruction->opcode == &opcodes[OP_MEMORY_GROW] &&
            (uint64_t)instruction->index + 1 < scan->out->memory_count)
            scan->out->grows_before = true;
        return;
    case IMMEDIATES_MEMORY_MEMORY:
        instruction->index = read_memory(scan, instruction);
        instruction->second = read_memory(scan, instruction);
        return;
    case IMMEDIATES_DATA_MEMORY:
        read_data(scan, instruction, &instruction->index);
        instruction->second = read_memory(scan, instruction);
        return;
    case IMMEDIATES_DATA:
        read_data(scan, instruction, &instruction->index);
        return;
    default:
        read_constants(scan, instruction);
    }
}

static void read_immediates(struct scan *scan, struct instruction *instruction)
{
    switch (instruction->opcode->immediates) {
    case IMMEDIATES_NONE:
        return;
    case IMMEDIATES_INDEX:
    case IMMEDIATES_LABEL:
    case IMMEDIATES_FUNCTION:
    case IMMEDIATES_TYPE:
    case IMMEDIATES_LOCAL:
    case IMMEDIATES_GLOBAL:
    case IMMEDIATES_TABLE:
    case IMMEDIATES_TAG:
    case IMMEDIATES_ELEMENT:
        instruction->index = read_u32(&scan->reader);
        return;
    case IMMEDIATES_BLOCK:
        read_block_type(scan, instruction);
        return;
    case IMMEDIATES_BR_TABLE:
        read_br_table(&scan->reader, instruction);
        scan_measure(scan, WASM_BRANCH_LABELS, instruction->count, instruction->at);
        return;
    case IMMEDIATES_TYPE_TABLE:
        read_type_table(scan, instruction);
        return;
    case IMMEDIATES_SELECT:
        read_select(scan, instruction);
        return;
    default:
        read_memory_immediates(scan, instruction);
    }
}

void instruction_note(struct scan *scan, const struct instruction *instruction)
{
    note(scan, instruction, (enum wasm_feature)instruction->opcode->feature,
         instruction->opcode->name);
    if (*instruction->at == OP_RETURN_CALL_REF)
        note(scan, instruction, WASM_FEATURE_TAIL_CALL, instruction->opcode->name);
}

void instruction_read(struct scan *scan, struct instruction *instruction)
{
    struct reader *reader = &scan->reader;
    uint8_t first = *instruction->at;
    if (first >= OP_PREFIX_FIRST && first <= OP_PREFIX_LAST) {
        uint32_t code = read_u32(reader);
        instruction->opcode = opcode_find(first, code);
        if (!instruction->opcode) {
            reader_fail(reader, instruction->at, "illegal opcode 0x%02x 0x%02lx", first,
                        (unsigned long)code);
            return;
        }
    } else if (instruction->opcode->immediates == IMMEDIATES_INVALID) {
        reader_fail(reader, instruction->at, "illegal opcode 0x%02x", first);
        return;
    }
    if (instruction->opcode->feature != WASM_FEATURE_MVP)
        instruction_note(scan, instruction);
    read_immediates(scan, instruction);
}
