/* Memories, tables and segments. */
#include "pkg/wasm/judge.h"

uint32_t judge_address(struct scan *scan, const struct instruction *instruction, uint32_t memory)
{
    if (memory < scan->out->memory_count)
        return scan->out->memories[memory].is_64 ? TYPE_I64 : TYPE_I32;
    judge_fail(scan, instruction->at, "%s names unknown memory %lu", instruction->opcode->name,
               (unsigned long)memory);
    return TYPE_I32;
}

void judge_memory_access(struct scan *scan, const struct instruction *instruction)
{
    const struct opcode *opcode = instruction->opcode;
    bool atomic = *instruction->at == 0xfe;
    if (instruction->alignment > opcode->alignment ||
        (atomic && instruction->alignment != opcode->alignment))
        judge_fail(scan, instruction->at, "%s has alignment 2^%lu, %s 2^%u", opcode->name,
                   (unsigned long)instruction->alignment, atomic ? "must be" : "at most",
                   opcode->alignment);
    if (instruction->value > UINT32_MAX &&
        judge_address(scan, instruction, instruction->index) == TYPE_I32)
        judge_fail(scan, instruction->at, "%s has offset %llu beyond a 32-bit memory", opcode->name,
                   (unsigned long long)instruction->value);
}

/* NULL, with a finding, when there is none. */
static const struct table_entry *find_table(struct scan *scan,
                                            const struct instruction *instruction, uint32_t index)
{
    if (index < scan->out->table_count)
        return &scan->tables[index];
    judge_fail(scan, instruction->at, "%s names unknown table %lu", instruction->opcode->name,
               (unsigned long)index);
    return NULL;
}

static void check_segment(struct scan *scan, const struct instruction *instruction,
                          const char *kind, uint32_t index, uint32_t count)
{
    if (index >= count)
        judge_fail(scan, instruction->at, "%s names unknown %s segment %lu",
                   instruction->opcode->name, kind, (unsigned long)index);
}

static void judge_table_operation(struct scan *scan, const struct instruction *instruction,
                                  uint32_t operation)
{
    const struct table_entry *table = find_table(scan, instruction, instruction->index);
    if (!table)
        return;
    uint32_t address = table->is_64 ? TYPE_I64 : TYPE_I32, type = table->packed;
    switch (operation) {
    case OP_TABLE_GET:
        OPERANDS(scan, instruction, address);
        judge_push(scan, type);
        return;
    case OP_TABLE_SET:
        OPERANDS(scan, instruction, address, type);
        return;
    case OPCODE_BASE_FC + OP_FC_TABLE_GROW:
        OPERANDS(scan, instruction, type, address);
        judge_push(scan, address);
        return;
    case OPCODE_BASE_FC + OP_FC_TABLE_SIZE:
        judge_push(scan, address);
        return;
    default: /* table.fill */
        OPERANDS(scan, instruction, address, type, address);
    }
}

static void judge_table_copy(struct scan *scan, const struct instruction *instruction)
{
    const struct table_entry *to = find_table(scan, instruction, instruction->index);
    const struct table_entry *from = find_table(scan, instruction, instruction->second);
    if (!to || !from)
        return;
    if (!type_matches(scan, from->packed, to->packed))
        judge_fail(scan, instruction->at, "table.copy expected a table of %s, found one of %s",
                   packed_text(scan, to->packed), packed_text(scan, from->packed));
    OPERANDS(scan, instruction, to->is_64 ? TYPE_I64 : TYPE_I32, from->is_64 ? TYPE_I64 : TYPE_I32,
             to->is_64 && from->is_64 ? TYPE_I64 : TYPE_I32);
}

static void judge_table_init(struct scan *scan, const struct instruction *instruction)
{
    const struct table_entry *table = find_table(scan, instruction, instruction->second);
    check_segment(scan, instruction, "element", instruction->index, scan->out->element_count);
    if (!judging(scan))
        return;
    uint32_t type = scan->judge->element_types[instruction->index];
    if (!type_matches(scan, type, table->packed))
        judge_fail(scan, instruction->at, "table.init expected elements of %s, found %s",
                   packed_text(scan, table->packed), packed_text(scan, type));
    OPERANDS(scan, instruction, table->is_64 ? TYPE_I64 : TYPE_I32, TYPE_I32, TYPE_I32);
}

static void judge_memory_copy(struct scan *scan, const struct instruction *instruction)
{
    uint32_t to = judge_address(scan, instruction, instruction->index);
    uint32_t from = judge_address(scan, instruction, instruction->second);
    OPERANDS(scan, instruction, to, from, to == TYPE_I64 && from == TYPE_I64 ? TYPE_I64 : TYPE_I32);
}

static void judge_memory_operation(struct scan *scan, const struct instruction *instruction,
                                   uint32_t operation)
{
    uint32_t memory =
        operation == OPCODE_BASE_FC + OP_FC_MEMORY_INIT ? instruction->second : instruction->index;
    uint32_t address = judge_address(scan, instruction, memory);
    switch (operation) {
    case OP_MEMORY_GROW:
        OPERANDS(scan, instruction, address);
        judge_push(scan, address);
        return;
    case OP_MEMORY_SIZE:
        judge_push(scan, address);
        return;
    case OPCODE_BASE_FC + OP_FC_MEMORY_INIT:
        check_segment(scan, instruction, "data", instruction->index, scan->data_announced);
        OPERANDS(scan, instruction, address, TYPE_I32, TYPE_I32);
        return;
    default: /* memory.fill */
        OPERANDS(scan, instruction, address, TYPE_I32, address);
    }
}

void judge_access(struct scan *scan, const struct instruction *instruction)
{
    uint32_t operation = (uint32_t)(instruction->opcode - opcodes);
    switch (operation) {
    case OPCODE_BASE_FC + OP_FC_MEMORY_COPY:
        judge_memory_copy(scan, instruction);
        return;
    case OPCODE_BASE_FC + OP_FC_DATA_DROP:
        check_segment(scan, instruction, "data", instruction->index, scan->data_announced);
        return;
    case OPCODE_BASE_FC + OP_FC_ELEM_DROP:
        check_segment(scan, instruction, "element", instruction->index, scan->out->element_count);
        return;
    case OPCODE_BASE_FC + OP_FC_TABLE_INIT:
        judge_table_init(scan, instruction);
        return;
    case OPCODE_BASE_FC + OP_FC_TABLE_COPY:
        judge_table_copy(scan, instruction);
        return;
    case OP_MEMORY_SIZE:
    case OP_MEMORY_GROW:
    case OPCODE_BASE_FC + OP_FC_MEMORY_INIT:
    case OPCODE_BASE_FC + OP_FC_MEMORY_FILL:
        judge_memory_operation(scan, instruction, operation);
        return;
    default:
        judge_table_operation(scan, instruction, operation);
    }
}
