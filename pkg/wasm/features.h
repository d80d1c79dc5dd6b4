/* The one table of features beyond the MVP: enum, names, reports and optimizer flags all come from
   it. Ids are the tool-conventions names, split further where platforms split. Source:
   WebAssembly 3.0 (2025-09-17) and the proposals' own overviews; optimizer flags and passes as
   of binaryen 132 (2026), each tried. */
#ifndef PKG_WASM_FEATURES_H
#define PKG_WASM_FEATURES_H

#include <stddef.h>
#include <stdint.h>

/* X(identifier, id, spec, wasm-opt flag, sound lowering pass, title). A feature's spec is the
   first version that has it; "legacy" and "proposal" are in none. */
#define WASM_FEATURES(X)                                                                           \
    X(MUTABLE_GLOBALS, "mutable-globals", "1.0", "mutable-globals", NULL,                          \
      "Import/export of mutable globals")                                                          \
    X(SIGN_EXT, "sign-ext", "2.0", "sign-ext", "--signext-lowering", "Sign-extension operators")   \
    X(NONTRAPPING_FPTOINT, "nontrapping-fptoint", "2.0", "nontrapping-float-to-int",               \
      "--llvm-nontrapping-fptoint-lowering", "Non-trapping float-to-int")                          \
    X(MULTIVALUE, "multivalue", "2.0", "multivalue", NULL, "Multi-value")                          \
    X(BULK_MEMORY_OPT, "bulk-memory-opt", "2.0", "bulk-memory-opt",                                \
      "--llvm-memory-copy-fill-lowering", "memory.copy and memory.fill only")                      \
    X(BULK_MEMORY, "bulk-memory", "2.0", "bulk-memory", NULL, "Bulk memory operations")            \
    X(CALL_INDIRECT_OVERLONG, "call-indirect-overlong", "2.0", "call-indirect-overlong", NULL,     \
      "call_indirect table immediate as LEB")                                                      \
    X(REFERENCE_TYPES, "reference-types", "2.0", "reference-types", NULL, "Reference types")       \
    X(SIMD128, "simd128", "2.0", "simd", NULL, "Fixed-width SIMD")                                 \
    X(RELAXED_SIMD, "relaxed-simd", "3.0", "relaxed-simd", NULL, "Relaxed SIMD")                   \
    X(TAIL_CALL, "tail-call", "3.0", "tail-call", NULL, "Tail calls")                              \
    X(EXTENDED_CONST, "extended-const", "3.0", "extended-const", NULL,                             \
      "Extended constant expressions")                                                             \
    X(ATOMICS, "atomics", "proposal", "threads", NULL, "Threads: shared memory + atomics")         \
    X(EXCEPTION_HANDLING, "exception-handling", "3.0", "exception-handling", NULL,                 \
      "Exception handling (umbrella: either encoding)")                                            \
    X(EXCEPTION_HANDLING_LEGACY, "exception-handling-legacy", "legacy", "exception-handling",      \
      "--translate-to-exnref", "Legacy exception handling (try/catch/delegate/rethrow)")           \
    X(EXNREF, "exnref", "3.0", "exception-handling", NULL,                                         \
      "Standard exception handling (try_table/throw_ref/exnref)")                                  \
    X(MULTIMEMORY, "multimemory", "3.0", "multimemory", "--multi-memory-lowering",                 \
      "Multiple memories")                                                                         \
    X(MEMORY64, "memory64", "3.0", "memory64", "--memory64-lowering", "64-bit memories")           \
    X(TABLE64, "table64", "3.0", "memory64", "--table64-lowering", "64-bit tables")                \
    X(TYPED_FUNCTION_REFERENCES, "typed-function-references", "3.0", "gc", NULL,                   \
      "Typed function references")                                                                 \
    X(GC, "gc", "3.0", "gc", NULL, "Garbage collection")                                           \
    X(CUSTOM_PAGE_SIZES, "custom-page-sizes", "proposal", "custom-page-sizes", NULL,               \
      "Custom page sizes")                                                                         \
    X(WIDE_ARITHMETIC, "wide-arithmetic", "proposal", "wide-arithmetic", NULL, "Wide arithmetic")  \
    X(CUSTOM_DESCRIPTORS, "custom-descriptors", "proposal", "custom-descriptors", NULL,            \
      "Custom descriptors / exact types")                                                          \
    X(STACK_SWITCHING, "stack-switching", "proposal", "stack-switching", NULL, "Stack switching")  \
    X(SHARED_EVERYTHING_THREADS, "shared-everything-threads", "proposal", "shared-everything",     \
      NULL, "Shared-everything threads")                                                           \
    X(MEMORY_CONTROL, "memory-control", "proposal", NULL, NULL, "Memory control")                  \
    X(FP16, "fp16", "proposal", "fp16", NULL, "Half precision")                                    \
    X(STRINGS, "strings", "proposal", "strings", NULL, "Stringref (stalled)")                      \
    X(COMPACT_IMPORTS, "compact-imports", "proposal", "compact-imports", NULL,                     \
      "Compact import section")                                                                    \
    X(BRANCH_HINTING, "branch-hinting", "3.0", NULL, NULL, "Branch hinting")                       \
    X(JS_STRING_BUILTINS, "js-string-builtins", "3.0", NULL, NULL, "JS string builtins")           \
    X(COMPONENT_MODEL, "component-model", "proposal", NULL, NULL, "Component (not a core module)") \
    X(COMPONENT_ASYNC, "component-async", "proposal", NULL, NULL,                                  \
      "Component model async (WASI 0.3)")

enum wasm_feature {
#define X(identifier, id, spec, flag, pass, title) WASM_FEATURE_##identifier,
    WASM_FEATURES(X)
#undef X
        WASM_FEATURE_COUNT
};

struct wasm_feature_row {
    const char *id, *spec, *optimizer_flag, *lowering, *title; /* flag and pass may be NULL */
};

extern const struct wasm_feature_row wasm_features[WASM_FEATURE_COUNT];

/* The feature with that id; WASM_FEATURE_COUNT when there is none. */
enum wasm_feature wasm_feature_find(const char *id);

static inline uint64_t wasm_feature_bit(enum wasm_feature feature)
{
    return UINT64_C(1) << feature;
}

#endif
