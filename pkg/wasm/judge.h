/* Type checking of a module in the pass that decodes it (WebAssembly 3.0, "Validation"; the
   algorithm is that of its appendix). A finding is kept and ends the checking, not the reading:
   what is malformed as well is called malformed. Internal to pkg/wasm. */
#ifndef PKG_WASM_JUDGE_H
#define PKG_WASM_JUDGE_H

#include "pkg/wasm/instruction.h"
#include "pkg/wasm/rules.h"
#include "pkg/wasm/scan.h"

/* A type in 32 bits; equal types have equal bits, because type indices are canonical: a code as in
   the format, then the index of a type or the byte of an abstract heap type. */
enum packed {
    PACKED_CODE = 0x7f,
    PACKED_SHIFT = 7,
    PACKED_INDEX = 0xfffff, /* above the shift; types are fewer (reader.c) */
    PACKED_ABSTRACT = 1 << 27,
    PACKED_EXACT = 1 << 28,
    PACKED_MUTABLE = 1 << 29,   /* of a field */
    PACKED_RECURSIVE = 1 << 30, /* in canonical.c: the index counts from the group's first type */
    PACKED_BOTTOM = 0,          /* what code that is not reached leaves */
    HEAP_BOTTOM = 0             /* the abstract heap type of a reference that is such */
};
#define PACKED_ABSTRACT_REF(code, heap)                                                            \
    ((uint32_t)(code) | (uint32_t)(heap) << PACKED_SHIFT | PACKED_ABSTRACT)
#define PACKED_FUNCREF PACKED_ABSTRACT_REF(TYPE_REF_NULL, TYPE_FUNC)
/* Stands below the operands of each block and is like no type, so that the quick walk need not
   compare heights. */
#define STACK_FLOOR UINT32_MAX
#define LOCAL_UNSET (UINT32_C(1) << 31) /* of a local without a value so far */

struct types {
    const uint32_t *list;
    uint32_t count;
};

/* Locals of one type, up to index `end`. */
struct local_run {
    uint64_t end;
    uint32_t type;
};

struct judge {
    bool done; /* a finding is there, or why there can be none */
    const char *not_judged;
    size_t offset; /* of the finding */
    uint32_t function;
    char detail[240];
    /* the body being read */
    uint32_t *stack; /* operands; all bodies share it */
    size_t count, capacity;
    uint32_t *locals; /* the first ones, one by one; LOCAL_UNSET may be set */
    uint32_t local_listed;
    size_t local_capacity;
    struct local_run *runs; /* all of them */
    size_t run_count, run_capacity;
    uint32_t *inits; /* locals that were given a value, in order */
    size_t init_count, init_capacity;
    uint32_t br_table; /* counts them */
    /* the module */
    uint64_t local_budget; /* how many more may be listed one by one */
    uint64_t steps;        /* beyond one an instruction */
    uint32_t result_tags;  /* tags with results, which stack switching has too */
    uint8_t *declared;     /* a bit by function: ref.func may name it */
    uint32_t *element_types;
    size_t element_capacity;
    struct type_group *groups;
    size_t group_count, group_capacity;
    uint32_t *slots; /* of groups, by hash */
    size_t slot_count;
    uint64_t seed;
    uint8_t *exact_imports; /* a bit by function */
    size_t exact_capacity;
};

/* judge.c: begins and ends; 0, or -1 with the reader's error set. */
void judge_start(struct scan *);
int judge_finish(struct scan *);
void judge_fail(struct scan *, const uint8_t *where, const char *format, ...) PRINTF_LIKE(3, 4);
void judge_give_up(struct scan *, const char *why);
static inline bool judging(const struct scan *scan)
{
    return scan->judge && !scan->judge->done;
}
/* Counts work that the input's size does not bound; gives up when it is too much. */
void judge_count(struct scan *, uint64_t steps);

/* canonical.c */
void judge_types_start(struct scan *, uint32_t group_count);
void judge_group(struct scan *, uint32_t first, uint32_t count);
bool type_descends(const struct scan *, uint32_t type, uint32_t from);
uint32_t judge_pack(struct scan *, struct value_type, const uint8_t *where);

/* matching.c */
bool type_matches_slowly(const struct scan *, uint32_t type, uint32_t expected);
static inline bool type_matches(const struct scan *scan, uint32_t type, uint32_t expected)
{
    return type == expected || type_matches_slowly(scan, type, expected);
}
static inline bool type_is_reference(uint32_t type)
{
    return (type & PACKED_CODE) == TYPE_REF || (type & PACKED_CODE) == TYPE_REF_NULL;
}
static inline uint32_t type_with_code(uint32_t type, uint8_t code)
{
    return (type & ~(uint32_t)PACKED_CODE) | code;
}
uint32_t type_reference(const struct scan *, uint8_t code, uint32_t index);
uint8_t type_top(const struct scan *, uint32_t reference); /* the heap type above all of its kind */
bool type_defaultable(uint32_t);
const char *packed_text(struct scan *, uint32_t);
struct types type_params(const struct scan *, uint32_t index);
struct types type_results(const struct scan *, uint32_t index);

/* operands.c; what is missing or wrong is a finding, and BOTTOM. */
void judge_push(struct scan *, uint32_t type);
uint32_t judge_pop(struct scan *, const struct instruction *, uint32_t expected);
uint32_t judge_pop_any(struct scan *, const struct instruction *);
uint32_t judge_pop_reference(struct scan *, const struct instruction *);
void judge_push_types(struct scan *, struct types);
void judge_pop_types(struct scan *, const struct instruction *, struct types);
/* Are they on the stack? They stay there. */
void judge_peek_types(struct scan *, const struct instruction *, struct types);
void judge_unreachable(struct scan *);
/* Pops `operands` from the last to the first. */
void judge_operands(struct scan *, const struct instruction *, uint32_t count,
                    const uint32_t *operands);
#define OPERANDS(scan, instruction, ...)                                                           \
    judge_operands(scan, instruction, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),        \
                   (uint32_t[]){__VA_ARGS__})

/* control.c */
void judge_expression_start(struct scan *);
void judge_open(struct scan *, const struct instruction *, struct control *);
void judge_opened(struct scan *);
void judge_next_part(struct scan *, const struct instruction *);
void judge_close(struct scan *, const struct instruction *);
void judge_branch(struct scan *, const struct instruction *);
struct types judge_label(struct scan *, const struct instruction *, uint32_t label);

/* calls.c */
void judge_call(struct scan *, const struct instruction *);
const struct type_entry *judge_type(struct scan *, const struct instruction *, uint32_t index,
                                    uint8_t form);

/* locals.c */
void judge_locals_start(struct scan *, uint32_t type);
void judge_locals_add(struct scan *, uint64_t count, uint32_t type);
void judge_locals_list(struct scan *);
void judge_locals_reset(struct scan *, size_t inits);
void judge_variable(struct scan *, const struct instruction *);

/* accesses.c, references.c, aggregates.c, judge.c */
void judge_memory_access(struct scan *, const struct instruction *);
uint32_t judge_address(struct scan *, const struct instruction *, uint32_t memory);
void judge_access(struct scan *, const struct instruction *);
void judge_reference(struct scan *, const struct instruction *);
void judge_cast(struct scan *, const struct instruction *, bool null, bool described, bool test);
void judge_branch_on_cast(struct scan *, const struct instruction *, bool fails, bool described);
void judge_aggregate(struct scan *, const struct instruction *);
void judge_instruction(struct scan *, const struct instruction *);

/* definitions.c: what stands in sections */
void judge_function(struct scan *, uint32_t type, const uint8_t *where);
void judge_exact_import(struct scan *, uint32_t function);
bool judge_is_exact(const struct scan *, uint32_t function);
void judge_table(struct scan *, struct table_entry *, bool has_values);
void judge_memory(struct scan *, const struct wasm_memory *, const uint8_t *where);
void judge_global(struct scan *, struct global_entry *, const uint8_t *where);
void judge_tag(struct scan *, uint32_t type, const uint8_t *where);
void judge_export(struct scan *, enum wasm_extern, uint32_t index, const uint8_t *where);
void judge_export_names(struct scan *);
void judge_start_function(struct scan *, uint32_t function, const uint8_t *where);
uint32_t judge_element_table(struct scan *, uint32_t table, const uint8_t *where);
/* `table` is NULL unless the segment is active. */
void judge_element_type(struct scan *, uint32_t type, const uint32_t *table, const uint8_t *where);
uint32_t judge_data_memory(struct scan *, uint32_t memory, const uint8_t *where);
void judge_declare(struct scan *, uint32_t function, const uint8_t *where); /* references.c */
void judge_constant(struct scan *, const struct instruction *); /* may it stand in a constant? */

#endif
