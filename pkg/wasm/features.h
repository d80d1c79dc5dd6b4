/* The one table of features beyond the MVP: enum, names, reports and optimizer flags all come from
   it. Ids are the tool-conventions names, split further where platforms split. Source:
   WebAssembly 3.0 (2025-09-17) and the proposals' own overviews; optimizer flags and passes as
   of binaryen 132 (2026), each tried. */
#ifndef PKG_WASM_FEATURES_H
#define PKG_WASM_FEATURES_H

#include <stddef.h>
#include <stdint.h>

/* X(identifier, id, spec, wasm-opt flag, title). A feature's spec is the first version that has it;
   "legacy" and "proposal" are in none. What lowers one: lowering.def. */
#define WASM_FEATURES(X)                                                                           \
    X(MUTABLE_GLOBALS, "mutable-globals", "1.0", "mutable-globals",                                \
      "Import/export of mutable globals")                                                          \
    X(SIGN_EXT, "sign-ext", "2.0", "sign-ext", "Sign-extension operators")                         \
    X(NONTRAPPING_FPTOINT, "nontrapping-fptoint", "2.0", "nontrapping-float-to-int",               \
      "Non-trapping float-to-int")                                                                 \
    X(MULTIVALUE, "multivalue", "2.0", "multivalue", "Multi-value")                                \
    X(BULK_MEMORY_OPT, "bulk-memory-opt", "2.0", "bulk-memory-opt",                                \
      "memory.copy and memory.fill only")                                                          \
    X(BULK_MEMORY, "bulk-memory", "2.0", "bulk-memory", "Bulk memory operations")                  \
    X(CALL_INDIRECT_OVERLONG, "call-indirect-overlong", "2.0", "call-indirect-overlong",           \
      "call_indirect table immediate as LEB")                                                      \
    X(REFERENCE_TYPES, "reference-types", "2.0", "reference-types", "Reference types")             \
    X(SIMD128, "simd128", "2.0", "simd", "Fixed-width SIMD")                                       \
    X(RELAXED_SIMD, "relaxed-simd", "3.0", "relaxed-simd", "Relaxed SIMD")                         \
    X(TAIL_CALL, "tail-call", "3.0", "tail-call", "Tail calls")                                    \
    X(EXTENDED_CONST, "extended-const", "3.0", "extended-const", "Extended constant expressions")  \
    X(ATOMICS, "atomics", "proposal", "threads", "Threads: shared memory + atomics")               \
    X(EXCEPTION_HANDLING, "exception-handling", "3.0", "exception-handling",                       \
      "Exception handling (umbrella: either encoding)")                                            \
    X(EXCEPTION_HANDLING_LEGACY, "exception-handling-legacy", "legacy", "exception-handling",      \
      "Legacy exception handling (try/catch/delegate/rethrow)")                                    \
    X(EXNREF, "exnref", "3.0", "exception-handling",                                               \
      "Standard exception handling (try_table/throw_ref/exnref)")                                  \
    X(MULTIMEMORY, "multimemory", "3.0", "multimemory", "Multiple memories")                       \
    X(MEMORY64, "memory64", "3.0", "memory64", "64-bit memories")                                  \
    X(TABLE64, "table64", "3.0", "memory64", "64-bit tables")                                      \
    X(TYPED_FUNCTION_REFERENCES, "typed-function-references", "3.0", "gc",                         \
      "Typed function references")                                                                 \
    X(GC, "gc", "3.0", "gc", "Garbage collection")                                                 \
    X(CUSTOM_PAGE_SIZES, "custom-page-sizes", "proposal", "custom-page-sizes",                     \
      "Custom page sizes")                                                                         \
    X(WIDE_ARITHMETIC, "wide-arithmetic", "proposal", "wide-arithmetic", "Wide arithmetic")        \
    X(CUSTOM_DESCRIPTORS, "custom-descriptors", "proposal", "custom-descriptors",                  \
      "Custom descriptors / exact types")                                                          \
    X(STACK_SWITCHING, "stack-switching", "proposal", "stack-switching", "Stack switching")        \
    X(SHARED_EVERYTHING_THREADS, "shared-everything-threads", "proposal", "shared-everything",     \
      "Shared-everything threads")                                                                 \
    X(MEMORY_CONTROL, "memory-control", "proposal", NULL, "Memory control")                        \
    X(FP16, "fp16", "proposal", "fp16", "Half precision")                                          \
    X(STRINGS, "strings", "proposal", "strings", "Stringref (stalled)")                            \
    X(COMPACT_IMPORTS, "compact-imports", "proposal", "compact-imports", "Compact import section") \
    X(BRANCH_HINTING, "branch-hinting", "3.0", NULL, "Branch hinting")                             \
    X(JS_STRING_BUILTINS, "js-string-builtins", "3.0", NULL, "JS string builtins")                 \
    X(COMPONENT_MODEL, "component-model", "proposal", NULL, "Component (not a core module)")       \
    X(COMPONENT_ASYNC, "component-async", "proposal", NULL, "Component model async (WASI 0.3)")

enum wasm_feature {
#define X(identifier, id, spec, flag, title) WASM_FEATURE_##identifier,
    WASM_FEATURES(X)
#undef X
        WASM_FEATURE_COUNT
};

struct wasm_feature_row {
    const char *id, *spec, *optimizer_flag, *title; /* the flag may be NULL */
};

extern const struct wasm_feature_row wasm_features[WASM_FEATURE_COUNT];

/* The feature with that id; WASM_FEATURE_COUNT when there is none. */
enum wasm_feature wasm_feature_find(const char *id);

static inline uint64_t wasm_feature_bit(enum wasm_feature feature)
{
    return UINT64_C(1) << feature;
}

#endif
